"""The schema by migrations: the same however it was reached, and never that of a later version."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import psycopg
import pytest

from iasql.db import migrate as module
from iasql.db.connection import connect
from iasql.db.migrate import Migration, applied, apply, migrate, migrations
from iasql.db.roles import create_database, drop_database
from iasql.errors import SchemaTooNew
from tests.databases import Database, Server

CATALOG = """
select 'function', p.oid::regprocedure::text, pg_get_functiondef(p.oid), p.proacl::text, pg_get_userbyid(p.proowner)
  from pg_proc p where p.pronamespace in ('iasql'::regnamespace, 'public'::regnamespace) and p.prokind = 'f'
union all
select 'column', a.attrelid::regclass::text || '.' || a.attname, format_type(a.atttypid, a.atttypmod),
    concat(a.attnotnull, a.attidentity, a.attgenerated), pg_get_expr(d.adbin, d.adrelid)
  from pg_attribute a join pg_class c on c.oid = a.attrelid
    left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
  where c.relnamespace in ('iasql'::regnamespace, 'public'::regnamespace) and a.attnum > 0 and not a.attisdropped
union all
select 'relation', c.oid::regclass::text, c.relkind::text, c.relacl::text,
    case when c.relkind = 'v' then pg_get_viewdef(c.oid) end
  from pg_class c where c.relnamespace in ('iasql'::regnamespace, 'public'::regnamespace)
union all
select 'trigger', t.tgrelid::regclass::text || ' ' || t.tgname, pg_get_triggerdef(t.oid), t.tgenabled::text, null
  from pg_trigger t where not t.tgisinternal
union all
select 'constraint', c.conrelid::regclass::text || ' ' || c.conname, pg_get_constraintdef(c.oid), null, null
  from pg_constraint c where c.connamespace in ('iasql'::regnamespace, 'public'::regnamespace) and c.contype <> 't'
union all
select 'enum', e.enumtypid::regtype::text, e.enumlabel, null, null from pg_enum e
union all
select 'setting', s.name, s.value, s.allowed, null from public.iasql_setting s
order by 1, 2, 3"""


@pytest.fixture
def empty(server: Server) -> Iterator[psycopg.Connection]:
    """The engine in a database without a schema."""
    name = f"iasql_empty_{secrets.token_hex(6)}"
    with server.admin() as admin:
        create_database(admin, name)
        with connect(server.address, "iasql_engine", name) as engine:
            yield engine
        drop_database(admin, name)


def catalog(connection: psycopg.Connection) -> list[tuple[object, ...]]:
    """Everything that the migrations make, as text."""
    connection.execute("set search_path = pg_catalog")
    return connection.execute(CATALOG).fetchall()


def test_step_by_step_is_the_same_as_all_at_once(empty: psycopg.Connection, database: Database) -> None:
    """One numbered migration at a time, each on its own day, then the functions of today."""
    for migration in migrations():
        if migration.number is not None:
            with empty.transaction():
                apply(empty, migration)
    assert migrate(empty) == [each.name for each in migrations() if each.number is None]
    assert catalog(empty) == catalog(database.connect("iasql_engine"))


def test_again_changes_nothing(database: Database) -> None:
    engine = database.connect("iasql_engine")
    before = catalog(engine)
    assert migrate(engine) == []
    assert catalog(engine) == before


def test_functions_that_changed_are_applied_again(database: Database) -> None:
    """In whatever order they changed; tables, rows and the log stay."""
    engine = database.connect("iasql_engine")
    before = catalog(engine)
    database.connect().execute("update iasql_setting set value = 'hold' where name = 'outside_transaction'")
    engine.execute("update iasql.migration set digest = 'of another version' where number is null")
    again = migrate(engine)
    assert again == [each.name for each in migrations() if each.number is None]
    assert engine.execute("select value from public.iasql_setting where name = 'outside_transaction'").fetchone() == (
        "hold",
    )
    engine.execute("update public.iasql_setting set value = 'push' where name = 'outside_transaction'")
    assert catalog(engine) == before


def test_the_log_tells(database: Database) -> None:
    row = database.connect().execute(
        "select origin, change->'files'->>0 from iasql_audit_log where change_type = 'MIGRATE'"
    )
    assert row.fetchone() == ("engine", "db/sql/migrations/0001_platform.sql")


def test_a_newer_schema_is_refused(database: Database) -> None:
    engine = database.connect("iasql_engine")
    with engine.transaction():
        apply(engine, Migration(name="db/sql/migrations/9999_future.sql", number=9999, text="select 1"))
    before = applied(engine)
    with pytest.raises(SchemaTooNew, match=r"newer \(9999\) than this version of IaSQL"):
        migrate(engine)
    assert applied(engine) == before


def test_a_migration_that_fails_leaves_nothing(empty: psycopg.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = [
        *migrations(),
        Migration(name="broken.sql", number=None, text="create table iasql.half (a integer); select 1/0"),
    ]
    monkeypatch.setattr(module, "migrations", lambda: broken)
    with pytest.raises(psycopg.errors.DivisionByZero):
        migrate(empty)
    assert applied(empty) == {}
    assert empty.execute("select to_regnamespace('iasql')").fetchone() == (None,)


def test_two_at_once(server: Server, empty: psycopg.Connection) -> None:
    """The second waits and finds nothing to do."""
    import threading

    found: list[list[str]] = []

    def run() -> None:
        with connect(server.address, "iasql_engine", empty.info.dbname) as connection:
            found.append(migrate(connection))

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(len(names) > 0 for names in found) == [False, True]


def test_a_log_with_rows_becomes_the_first_partition(empty: psycopg.Connection) -> None:
    """Its rows stay, ids go on, and a user's view of it shows what is written from then on."""
    for migration in migrations():
        if migration.number is not None and migration.number < 10:
            with empty.transaction():
                apply(empty, migration)
    empty.execute("""
        insert into public.iasql_audit_log (origin, change_type, message, transaction_id)
        select 'user', 'INSTALL', 'row ' || n, gen_random_uuid() from generate_series(1, 3) n""")
    empty.execute("create view public.mine as select id, message from public.iasql_audit_log")
    migrate(empty)
    rows = empty.execute("select id, message from public.mine where message ~ '^row' order by 1").fetchall()
    assert rows == [(1, "row 1"), (2, "row 2"), (3, "row 3")]
    assert empty.execute("select min(id) from public.mine where message !~ '^row'").fetchone() == (4,)
    assert empty.execute("select rel::text from iasql.audit_part").fetchall() == [("iasql.audit_log_1",)]
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        empty.execute("delete from iasql.audit_log_1")


def test_numbers_are_in_order() -> None:
    numbers = [each.number for each in migrations() if each.number is not None]
    assert numbers == list(range(1, len(numbers) + 1))


def test_every_sql_file_is_applied() -> None:
    """A file beside its subject that nobody names would never run."""
    from importlib.resources import files

    root = files("iasql")
    there = {
        f"{folder}/{file.name}"
        for folder in ("log", "db/sql", "server")
        for file in root.joinpath(folder).iterdir()
        if file.name.endswith(".sql")
    }
    assert there == set(module.REPEATED)
