"""Nothing in the log ever changes, and nobody writes it by hand."""

from __future__ import annotations

import psycopg
import pytest

from tests.databases import Database

WAYS = {
    "update": "update public.iasql_audit_log set message = 'x'",
    "update of nothing": "update public.iasql_audit_log set message = 'x' where false",
    "delete": "delete from public.iasql_audit_log",
    "truncate": "truncate public.iasql_audit_log",
    "merge": "merge into public.iasql_audit_log l using (values (1)) v (id) on l.id = v.id when matched then delete",
    "upsert": """insert into public.iasql_audit_log (id, origin, change_type, transaction_id) overriding system value
      values (1, 'user', 'INSTALL', gen_random_uuid()) on conflict (id) do update set message = 'x'""",
    "insert": "insert into public.iasql_audit_log (origin, change_type, transaction_id) values ('user',"
    " 'INSTALL', gen_random_uuid())",
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("role", ["iasql", "iasql_engine", "iasql_writer"])
def test_nobody_may(database: Database, role: str, way: str) -> None:
    """Users lack the privilege; the owner meets a trigger."""
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        database.connect(role).execute(WAYS[way])


@pytest.mark.parametrize("way", WAYS)
def test_nor_a_superuser_playing_replica(database: Database, way: str) -> None:
    """session_replication_role = replica silences ordinary triggers."""
    admin = database.admin()
    if not admin.execute("select rolsuper from pg_roles where rolname = current_user").fetchone()[0]:  # type: ignore[index]
        pytest.skip("the server's administrator is no superuser")
    admin.execute("set session_replication_role = replica")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        admin.execute(WAYS[way])


@pytest.mark.parametrize("table", ["iasql_module", "iasql_dependencies", "iasql_tables"])
@pytest.mark.parametrize("statement", ["delete from public.{}", "truncate public.{} cascade"])
@pytest.mark.parametrize("role", ["iasql", "iasql_engine"])
def test_platform_tables_are_read_only(database: Database, role: str, statement: str, table: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        database.connect(role).execute(statement.format(table))


def test_platform_tables_can_be_read(user: psycopg.Connection) -> None:
    assert user.execute("select name from iasql_module order by 1").fetchall() == [
        ("iasql_functions",),
        ("iasql_platform",),
    ]


def test_a_row_must_be_grammatical(engine: psycopg.Connection) -> None:
    """Also where a function of ours would write it."""
    with pytest.raises(psycopg.errors.CheckViolation):
        engine.execute("select iasql.mark('ERROR', gen_random_uuid())")
    with pytest.raises(psycopg.errors.CheckViolation):
        engine.execute("select iasql.mark('INSERT', gen_random_uuid())")
    with pytest.raises(psycopg.errors.CheckViolation):
        engine.execute('select iasql.log_calls(\'[{"table_name": "x", "key": {"id": 1}, "change": {}}]\')')


@pytest.mark.parametrize(
    "markers",
    [
        ["CLOSE_TRANSACTION"],
        ["END_COMMIT"],
        ["OPEN_TRANSACTION", "OPEN_TRANSACTION"],
        ["OPEN_TRANSACTION", "END_COMMIT"],
        ["OPEN_TRANSACTION", "START_COMMIT", "END_COMMIT", "START_REVERT"],
        ["OPEN_TRANSACTION", "START_COMMIT", "END_COMMIT", "CLOSE_TRANSACTION", "OPEN_TRANSACTION"],
    ],
)
def test_markers_follow_one_another_as_the_table_says(engine: psycopg.Connection, markers: list[str]) -> None:
    tx = engine.execute("select gen_random_uuid()").fetchone()[0]  # type: ignore[index]
    for marker in markers[:-1]:
        engine.execute("select iasql.mark(%s, %s)", [marker, tx])
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match="cannot follow"):
        engine.execute("select iasql.mark(%s, %s)", [markers[-1], tx])
