"""Whose change it was: only the engine's own logins write as the engine, and only themselves."""

from __future__ import annotations

import psycopg
import pytest

from iasql.db import rows
from tests.databases import Database
from tests.sql.conftest import Log, begin, one

pytestmark = pytest.mark.usefixtures("tables")

NOTES = """
create table public.mine (
  id integer generated always as identity primary key,
  zone varchar references zone on delete cascade
);
create function public.meddle() returns trigger language plpgsql as $$
begin
  insert into public.team (name) values ('by ' || current_user);
  return null;
end $$;
create trigger meddle after delete on public.mine for each row execute function public.meddle();
"""


def origins(log: Log, table: str) -> list[tuple[str, str]]:
    return log(table, "origin, change_type::text")  # type: ignore[return-value]


def test_the_writer_is_the_engine(writer: psycopg.Connection, log: Log) -> None:
    writer.execute("select iasql.write_rows('public.zone', 'insert', '{name}', '[{\"name\": \"a\"}]')")
    assert origins(log, "zone") == [("engine", "INSERT")]


def test_cascades_of_the_writer_are_the_engine_s(
    user: psycopg.Connection, writer: psycopg.Connection, log: Log
) -> None:
    user.execute("insert into zone values ('z'); insert into record values ('z', 'www')")
    writer.execute("delete from public.zone")
    assert origins(log, "record") == [("user", "INSERT"), ("engine", "DELETE")]


def test_a_user_s_trigger_fired_by_the_writer_is_the_user_s(
    user: psycopg.Connection, writer: psycopg.Connection, log: Log
) -> None:
    """And runs with the power of the table's owner, who is that user."""
    user.execute(NOTES)
    user.execute("insert into zone values ('z'); insert into mine (zone) values ('z')")
    writer.execute("delete from public.zone")
    assert origins(log, "zone")[-1] == ("engine", "DELETE")
    assert origins(log, "team") == [("user", "INSERT")]
    assert one(user, "select name from team") in {"by iasql", "by iasql_writer"}


def test_a_trigger_on_ours_that_an_administrator_made_has_the_writer_s_power_only(
    database: Database, writer: psycopg.Connection, log: Log
) -> None:
    admin = database.admin()
    admin.execute("""
        create function public.grab() returns trigger language plpgsql as $$
        begin
          insert into public.team (name) values (current_user);
          perform * from iasql.vault;
          return null;
        exception when insufficient_privilege then
          insert into public.team (name) values ('refused');
          return null;
        end $$;
        create trigger grab after insert on public.zone for each row execute function public.grab()""")
    writer.execute("insert into public.zone values ('a')")
    assert one(database.connect(), "select name from team") == "refused"
    assert origins(log, "team") == [("user", "INSERT")]


def test_rollback_does_not_lend_its_power(database: Database, user: psycopg.Connection) -> None:
    """A trigger fired by iasql_rollback() runs as the writer, not as the owner of the function."""
    database.admin().execute("""
        create table public.seen (who text); grant all on public.seen to public;
        create function public.look() returns trigger language plpgsql as $$
        begin insert into public.seen values (current_user); return null; end $$;
        create trigger look after insert or update or delete on public.zone
          for each row execute function public.look()""")
    user.execute("insert into zone values ('a')")
    begin(user)
    user.execute("update zone set note = 'x'; insert into zone values ('b')")
    user.execute("truncate seen")
    user.execute("select * from iasql_rollback()")
    assert {who for (who,) in user.execute("select who from seen").fetchall()} == {"iasql_writer"}


def test_nobody_raises_his_claim(database: Database, log: Log) -> None:
    """Not by SET ROLE, not by settings."""
    admin = database.admin()
    admin.execute("set role iasql_writer")
    admin.execute("insert into public.zone values ('a')")
    admin.execute("reset role")
    admin.execute("set role iasql_engine")
    admin.execute("set iasql.origin = 'engine'")
    admin.execute("insert into public.zone values ('b')")
    assert origins(log, "zone") == [("user", "INSERT")] * 2
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        database.connect().execute("set role iasql_writer")


def test_the_writer_writes_rows_and_nothing_else(database: Database, writer: psycopg.Connection) -> None:
    for statement in (
        "truncate public.zone",
        "create table public.x (a int)",
        "select iasql.mark('ERROR', null, 'x')",
        "select * from iasql.gate",
        "select iasql.rollback_span(gen_random_uuid())",
        "insert into public.iasql_mode (mode) values ('TRACK')",
        "alter table public.zone disable trigger all",
        "select public.iasql_begin()",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            writer.execute(statement)


# They show what iasql_audit_log and the tables of iasql_* show, refuse, or ask the engine, which looks at the role.
# Functions and views that run with the rights of whoever calls them need each one.
EVERYBODY = [
    "ask",
    "bisect",
    "bounds",
    "call",
    "cell",
    "changes_of_open",
    "ends_between",
    "expiries",
    "found_at",
    "holds_gate",
    "left_of_open",
    "message_of",
    "past_moment",
    "raise_inside_transaction",
    "refuse_inside_transaction",
    "refuse_interrupted",
    "refuse_no_moment",
    "still_waiting",
    "table_to_watch",
]
# put_aside_alone writes, under the rules of a rollback; note_approval under those of an approval
USERS = [*EVERYBODY, "emptied_tables", "put_aside_alone", "raise_replaced", "refuse_stash"]
CALLABLE = {
    "iasql": USERS,
    "iasql_user": USERS,
    "iasql_operator": USERS,
    "iasql_approver": [*EVERYBODY, "note_approval"],
    "iasql_auditor": EVERYBODY,
    "iasql_module": [*USERS, "as_module", "followed_columns", "write_found"],
    "iasql_writer": [
        "as_writer",
        "follow",
        "install_added",
        "is_version",
        "leave_room",
        "mask",
        "shown",
        "uninstall_added",
        "with_versions",
        "write_rows",
    ],
}


def test_others_cannot_call_the_engine_s_functions(engine: psycopg.Connection) -> None:
    """But those that are named above; of those that write what is ours, or read what is secret, none."""
    writing = "add close drop end guarded hold keep log mark open reopen release roll_back rollback secret settle start"
    prefixes = tuple(
        f"{word}_" for word in (*writing.split(), "begin", "switch", "take", "watch", "version", "standing")
    )
    for role, names in CALLABLE.items():
        found = engine.execute(
            """
            select p.proname from pg_proc p join pg_namespace n on n.oid = p.pronamespace
            where n.nspname = 'iasql' and p.prorettype <> 'trigger'::regtype
              and has_function_privilege(%s, p.oid, 'execute')""",
            [role],
        ).fetchall()
        assert sorted(name for (name,) in found) == sorted(names), role
        assert not [name for (name,) in found if f"{name}_".startswith(prefixes)], role


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("", psycopg.errors.InvalidParameterValue),
        ("taken", psycopg.errors.DuplicateObject),
        ("inside", psycopg.errors.ActiveSqlTransaction),
    ],
)
def test_putting_aside_without_the_engine_keeps_the_rules(
    user: psycopg.Connection, name: str, error: type[psycopg.Error]
) -> None:
    """Also where it is called by itself."""
    for each in ("taken", None):
        begin(user)
        user.execute("insert into zone values ('a')")
        if each:
            user.execute("select iasql.put_aside_alone(%s)", [each])
    with pytest.raises(error), user.transaction():
        if name == "inside":
            user.execute("insert into zone values ('b')")
        user.execute("select iasql.put_aside_alone(%s)", [name])
    assert one(user, "select state from iasql_transaction order by opened_at desc limit 1") == "open"
    assert one(user, "select string_agg(name, ',') from zone") == "a"


def test_a_user_s_operator_never_runs_as_the_engine(
    database: Database, user: psycopg.Connection, engine: psycopg.Connection, writer: psycopg.Connection
) -> None:
    """Where a query compares two columns, an operator for their very types in public would be preferred."""
    user.execute("create table called (how text); grant insert on called to public")
    database.admin().execute("""
        create function public.same(varchar, varchar) returns boolean language plpgsql as $$
        begin insert into public.called values (current_user); return true; end $$;
        create operator public.= (leftarg = varchar, rightarg = varchar, function = public.same)""")
    user.execute("insert into zone values ('a')")
    for connection in (engine, writer):
        assert rows.read(connection, "zone", [{"name": "a"}]) == [{"name": "a", "note": None}]
    assert user.execute("select * from called").fetchall() == []


def test_security_definer_functions_pin_their_search_path(engine: psycopg.Connection) -> None:
    loose = engine.execute("""
        select p.oid::regprocedure::text from pg_proc p join pg_namespace n on n.oid = p.pronamespace
        where n.nspname in ('iasql', 'public') and p.prosecdef
          and not coalesce(p.proconfig::text like '%search_path=pg_catalog%', false)""").fetchall()
    assert loose == []


def test_the_engine_s_rows_carry_the_verb_s_id(
    engine: psycopg.Connection, writer: psycopg.Connection, user: psycopg.Connection, log: Log
) -> None:
    tx = begin(user)
    other = one(engine, "select gen_random_uuid()")
    engine.execute("select iasql.begin_verb(%s)", [other])
    writer.execute("insert into public.zone values ('e')")
    user.execute("insert into zone values ('u')")
    engine.execute("select iasql.end_verb()")
    assert [str(t) for (t,) in log("zone", "transaction_id")] == [str(other), tx]
