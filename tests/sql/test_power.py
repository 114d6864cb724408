"""Code of a user's beside ours: wherever PostgreSQL runs it for us, it has no power of ours, and holds nobody up."""

from __future__ import annotations

import psycopg
import pytest
from psycopg.types.json import Jsonb

from iasql.db.migrate import migrate
from iasql.db.roles import GROUPS
from tests.databases import Database
from tests.sql.conftest import begin, one

pytestmark = pytest.mark.usefixtures("tables")


@pytest.fixture
def attacker(user: psycopg.Connection) -> psycopg.Connection:
    """An ordinary user whose functions note as whom they run, in sequences, which no rollback takes back."""
    user.execute("""
        create sequence ran;
        create sequence ran_strong;
        grant usage on ran, ran_strong to public;
        create function look() returns text language plpgsql as $$
        begin
          perform nextval('public.ran');
          if current_user in ('iasql_engine', 'postgres') then perform nextval('public.ran_strong'); end if;
          return '';
        end $$;
        create function look_when_told() returns trigger language plpgsql as $$
        begin perform public.look(); return null; end $$""")
    return user


def has_run(user: psycopg.Connection, how: str = "ran") -> bool:
    """Whether the code of the attacker ran at all, or with a power that is not his."""
    return bool(one(user, f"select is_called from {how}"))


def test_a_deferred_trigger_of_a_user_does_not_run_as_the_engine(attacker: psycopg.Connection) -> None:
    """A rollback checks constraints at its end, which fires what was deferred."""
    attacker.execute("""
        create table mine (id integer generated always as identity primary key,
          team varchar references team (name) on update cascade);
        create constraint trigger look after update on mine deferrable initially deferred
          for each row execute function look_when_told();
        insert into team (name) values ('a');
        insert into mine (team) values ('a')""")
    begin(attacker)
    attacker.execute("update team set name = 'b'")
    attacker.execute("select * from iasql_rollback()")
    assert one(attacker, "select team from mine") == "a"
    assert has_run(attacker)
    assert not has_run(attacker, "ran_strong")  # PostgreSQL 18 sees to that, older ones do not


@pytest.mark.parametrize("action", ["no action", "cascade"])
@pytest.mark.parametrize(
    "code",
    [
        "alter table mine enable row level security; create policy look on mine using (look() = '')",
        """create function fixed() returns text language plpgsql immutable as $$ begin return public.look(); end $$;
        create index on mine ((fixed() || team))""",
    ],
    ids=["policy", "index"],
)
def test_nothing_that_belongs_to_a_user_s_table_is_evaluated_as_the_engine(
    database: Database, attacker: psycopg.Connection, action: str, code: str
) -> None:
    """It is not looked into; where PostgreSQL would not refuse the deletion, its rows are taken to refer."""
    attacker.execute(f"create table mine (team varchar references team (name) on delete {action})".encode())
    attacker.execute(code.encode())
    begin(attacker)
    attacker.execute("insert into team (name) values ('a'), ('b')")
    attacker.execute("insert into mine values ('a')")
    with pytest.raises(psycopg.Error, match="mine_team_fkey"):
        database.connect().execute("select * from iasql_rollback()")  # a session that knows nothing of the table yet
    assert not has_run(attacker, "ran_strong")


def test_casts_and_operators_are_for_superusers(database: Database, attacker: psycopg.Connection) -> None:
    """A foreign key compares as the owner of the table that it refers to."""
    if not one(attacker, "select count(*) from pg_event_trigger where evtname = 'iasql_refuse_casts'"):
        pytest.skip("this server was not prepared by a superuser")
    attacker.execute("""
        create type odd as (t text);
        create function plain(odd) returns text language plpgsql as $$
        begin perform public.look(); return ($1).t; end $$;
        create function same(varchar, varchar) returns boolean language sql as 'select true'""")
    for statement in (
        "create cast (odd as text) with function plain(odd) as implicit",
        "create operator = (leftarg = varchar, rightarg = varchar, function = same)",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="for superusers only"):
            attacker.execute(statement.encode())
    database.admin().execute("create cast (public.odd as text) with function public.plain(public.odd)")


def test_a_function_of_a_user_does_not_stand_for_another(database: Database, attacker: psycopg.Connection) -> None:
    """In public it would be called by everybody whose arguments it fits better."""
    if not one(attacker, "select count(*) from pg_event_trigger where evtname = 'iasql_refuse_shadows'"):
        pytest.skip("this server was not prepared by a superuser")
    for statement in (
        "create function lower(varchar) returns text language sql as 'select look()'",
        "create function team_at(text) returns text language sql as 'select look()'",
        "alter function look() rename to upper",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="has the name of a function"):
            attacker.execute(statement.encode())
    attacker.execute("create or replace function look() returns text language sql as 'select null::text'")
    attacker.execute("create function pg_temp.lower(varchar) returns text language sql as 'select look()'")
    database.admin().execute("create function public.lower(varchar) returns text language sql as 'select $1::text'")


def test_a_user_s_trigger_asks_nothing_of_the_engine(database: Database, attacker: psycopg.Connection) -> None:
    """Fired by the writer, it runs as the writer where PostgreSQL is older than 18."""
    attacker.execute("""
        create table mine (zone varchar references zone on delete cascade);
        create function grab() returns trigger language plpgsql as $$
        begin perform iasql.uninstall_added('web_site', gen_random_uuid(), 'nobody'); return null; end $$;
        create trigger grab after delete on mine for each row execute function grab();
        insert into zone values ('z');
        insert into mine values ('z')""")
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match=r"only the engine|permission denied"):
        database.connect("iasql_writer").execute("delete from public.zone")


def test_functions_that_others_call_pin_their_search_path(engine: psycopg.Connection) -> None:
    """Else a user's function or operator in public would run as whoever calls them, wherever it fits better."""
    loose = engine.execute(
        """
        select p.proname from pg_proc p join pg_roles r on r.oid = p.proowner
        where r.rolname = 'iasql_engine' and p.prosqlbody is null and p.prorettype <> 'trigger'::regtype
          and exists (select from unnest(%s::text[]) g (name) where has_function_privilege(g.name, p.oid, 'execute'))
          and not coalesce(p.proconfig::text like '%%search_path=pg_catalog%%', false)""",
        [list(GROUPS)],
    ).fetchall()
    # it tells the caller's own path to a function that pins its own
    assert [name for (name,) in loose] == ["iasql_bisect"]


def test_nobody_keeps_the_log_from_being_sealed(attacker: psycopg.Connection, engine: psycopg.Connection) -> None:
    number = one(engine, "select 'iasql.audit_seal'::regclass::int")
    attacker.execute("select pg_advisory_lock(%s, 0)", [number])
    attacker.execute("insert into zone values ('a')")
    assert one(engine, "select iasql.seal()") > 0


def test_one_seals_at_a_time(database: Database, user: psycopg.Connection) -> None:
    user.execute("insert into zone values ('a')")
    first, second = (database.connect("iasql_engine", autocommit=False) for _ in range(2))
    assert one(first, "select iasql.seal()") > 0
    assert one(second, "select iasql.seal()") == 0
    first.commit()
    second.rollback()


def test_nobody_keeps_an_engine_from_starting(attacker: psycopg.Connection, engine: psycopg.Connection) -> None:
    attacker.execute("select pg_advisory_lock(107921)")
    engine.execute("set statement_timeout to '10s'")
    assert migrate(engine) == []


def test_a_rollback_does_not_wait_for_a_row_without_end(database: Database, user: psycopg.Connection) -> None:
    """It holds the gate meanwhile, and with it every writer."""
    user.execute("insert into zone values ('a', 'x')")
    begin(user)
    user.execute("update zone set note = 'y'")
    with database.connect(autocommit=False) as other:
        other.execute("select * from zone for update")
        with pytest.raises(psycopg.errors.ObjectInUse, match="holds a lock"):
            user.execute("select * from iasql_rollback()")
    assert one(user, "select state from iasql_transaction order by opened_at desc limit 1") == "open"
    user.execute("select * from iasql_rollback()")
    assert one(user, "select note from zone") == "x"


def test_a_way_back_inside_of_a_block_does_not_outlive_it(database: Database, user: psycopg.Connection) -> None:
    user.execute("insert into zone values ('a', 'x')")
    moment = one(user, "select clock_timestamp()")
    user.execute("update zone set note = 'y'")
    with database.connect(autocommit=False) as block:
        block.execute("select * from iasql_restore(%s)", [moment])
        with pytest.raises(psycopg.errors.ActiveSqlTransaction):
            block.commit()
    assert one(user, "select count(*) from iasql_transaction where state = 'open'") == 0


def test_a_key_too_long_for_a_notification_is_held_all_the_same(engine: psycopg.Connection) -> None:
    key = Jsonb({"name": "a" * 9000})
    engine.execute("select iasql.hold('zone', %s, 'refused', %s)", [key, Jsonb({"reason": "too long"})])
    assert one(engine, "select reason from public.iasql_conflict") == "too long"


def test_a_comment_of_somebody_s_does_not_spoil_the_help(attacker: psycopg.Connection) -> None:
    attacker.execute(r"""comment on function look() is '{"description": "\u0000"}'""")
    assert one(attacker, "select count(*) from iasql_help() where name = 'iasql_begin'") == 1
