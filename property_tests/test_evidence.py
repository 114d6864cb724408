"""Verification is true on every honest history and false on every mutated one, in SQL and offline."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import psycopg
from hypothesis import example, given, note
from hypothesis import strategies as st

from iasql.evidence.change import COLUMNS, JSON
from iasql.evidence.export import export
from iasql.evidence.formats import named
from iasql.evidence.verify import verify
from property_tests.pace import on_a_database
from property_tests.test_history import PARTS, clock
from property_tests.test_log import World, do, world
from tests.databases import Database

__all__ = ["world"]

FORMS = ("csv", "json", "parquet")
CELLS = {
    "ts": "ts - interval '1 microsecond'",
    "xact": "(xact::text::bigint + 1)::text::xid8",
    '"user"': "\"user\" || '.'",
    "changed_by": "changed_by || '.'",
    "application_name": "coalesce(application_name, '') || '.'",
    "origin": "case origin when 'user' then 'engine' else 'user' end",
    "restores": "not restores",
    "table_name": "coalesce(table_name, '') || '.'",
    "key": """coalesce(key, '{}') || '{"forged": 1}'""",
    "change": """coalesce(change, '{}') || '{"forged": 1}'""",
    "message": "coalesce(message, '') || '.'",
    "transaction_id": "gen_random_uuid()",
}
WHERE = "where id = (select log_id from iasql.audit_leaf order by log_id offset :n limit 1)"
MUTATIONS = [
    *(f"update iasql_audit_log set {column} = {value} {WHERE}" for column, value in CELLS.items()),
    f"delete from iasql_audit_log {WHERE}",
    f"delete from iasql.audit_leaf {WHERE.replace('id =', 'log_id =', 1)}",
    "update iasql.audit_seal set high = high + 1 where number = (select max(number) from iasql.audit_seal)",
    "delete from iasql.audit_seal where number = (select max(number) from iasql.audit_seal)",
]


def keep(world: World, parts: list[list[tuple[Any, ...]]]) -> None:
    """An honest history, with a seal after each part."""
    base = world.base()
    for part in parts:
        for change in part:
            do(world, change, base)
        world.engine.execute("select iasql.seal()")


def mutated(admin: psycopg.Connection, statement: str) -> bool | None:
    """Whether verification still holds after a change that is taken back afterwards."""
    with admin.transaction(force_rollback=True):
        for table in ("public.iasql_audit_log", "iasql.audit_log_1", "iasql.audit_leaf", "iasql.audit_seal"):
            admin.execute(f"alter table {table} disable trigger user".encode())
        admin.execute("alter table iasql.audit_log_1 drop constraint iasql_audit_log_grammar")
        admin.execute(statement.encode())
        row = admin.execute("select ok from iasql_audit_verify()").fetchone()
    return None if row is None else bool(row[0])


@on_a_database
@given(parts=PARTS, statement=st.sampled_from(MUTATIONS), which=st.integers(0, 10**6))
def test_in_sql(world: World, shared_database: Database, parts: list, statement: str, which: int) -> None:
    keep(world, parts)
    assert world.user.execute("select ok, reason from iasql_audit_verify()").fetchone() == (True, None)
    with shared_database.server.admin(shared_database.name) as admin:
        admin.execute("set search_path = public")
        (leaves,) = admin.execute("select count(*) from iasql.audit_leaf").fetchone() or (0,)
        told = statement.replace(":n", str(which % leaves))
        note(told)
        assert mutated(admin, told) is False


@on_a_database
@given(parts=PARTS, form=st.sampled_from(FORMS), which=st.integers(0, 10**6), cell=st.integers(0, 16))
@example(parts=[[("insert parent", 0, None, None)]], form="csv", which=0, cell=COLUMNS.index("detail"))
def test_offline(world: World, parts: list, form: str, which: int, cell: int) -> None:
    since = clock(world)
    keep(world, parts)
    with tempfile.TemporaryDirectory() as folder:
        export(world.user, Path(folder) / "export", form, since=since, until=None)
        assert verify(Path(folder) / "export").problems == []
        read = named(form)
        path = Path(folder) / "export" / f"changes.{read.suffix}"
        rows = [list(change.values()) for change in read.read(path)]
        sealed = [row for row in rows if row[COLUMNS.index("seal")]]
        if not sealed:
            return
        row = sealed[which % len(sealed)]
        row[cell] = {"true": "false", "false": "true"}.get(str(row[cell]), mutant(COLUMNS[cell], row[cell]))
        path.unlink()
        writer = read.writer(path, COLUMNS)
        writer.write(rows)
        writer.close()
        note(f"{COLUMNS[cell]} of {row[0]}")
        assert [each for each in verify(Path(folder) / "export").problems if each.row is not None]


def mutant(column: str, value: str | None) -> str:
    """Another value that still fits the column."""
    if column == "ts":
        return "2020-01-01T00:00:00+00:00"
    return '{"forged": 1}' if column in JSON else f"{value or ''}0"
