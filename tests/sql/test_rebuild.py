"""High-level tables: they follow low-level ones once a batch; their triggers stand still while the log is reverted."""

from __future__ import annotations

import psycopg
import pytest

from tests.sql.conftest import Log, begin, one

pytestmark = pytest.mark.usefixtures("tables")

CREW = """
create table public.crew (
  name varchar primary key,
  size integer not null default 0,
  load integer,
  note varchar
);
create view public.crew_found as
  select t.name, count(m.id)::integer size, t.load from public.team t left join public.member m on m.team_id = t.id
  where t.region = 'us-east-1' group by t.id;
grant select on public.crew_found to iasql_user;
select iasql.watch('public.crew');
create function public.make_crew() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' then
    delete from public.member m using public.team t where t.id = m.team_id and t.name = old.name;
    delete from public.team t where t.name = old.name;
    return null;
  elsif tg_op = 'INSERT' then
    insert into public.team (name) values (new.name);
    insert into public.member (team_id, name) select t.id, new.name || n
      from public.team t, generate_series(1, new.size) n where t.name = new.name;
  end if;
  return null;
end $$;
create trigger make_crew after insert or delete on public.crew for each row
  when (not public.iasql_stands_still()) execute function public.make_crew();
select iasql.rebuild_by('crew', 'public.crew_found', '{team,member}');
"""


@pytest.fixture(autouse=True)
def crew(engine: psycopg.Connection, tables: None) -> None:
    """A crew is a team of us-east-1 with so many members."""
    engine.execute(CREW.encode())


def follow(engine: psycopg.Connection, writer: psycopg.Connection) -> list[str]:
    """What the engine does at the end of a batch."""
    late = [table for (table,) in engine.execute("select iasql.outdated()").fetchall()]
    for table in late:
        writer.execute("select iasql.follow(%s)", [table])
    return late


def crews(connection: psycopg.Connection) -> list[tuple[str, int]]:
    return connection.execute("select name, size from crew order by name").fetchall()


def test_the_engines_rows_are_followed_once_a_batch_and_by_the_engine(
    engine: psycopg.Connection, writer: psycopg.Connection, user: psycopg.Connection, log: Log
) -> None:
    follow(engine, writer)
    writer.execute("insert into public.team (name) values ('a'), ('b')")
    writer.execute("insert into public.team (name, region) values ('far', 'eu-west-1')")
    writer.execute("insert into public.member (team_id, name) select id, 'm' from public.team where name = 'a'")
    assert crews(user) == []
    assert follow(engine, writer) == ["crew"]
    assert crews(user) == [("a", 1), ("b", 0)]
    assert {origin for (origin,) in log("crew", "origin")} == {"engine"}
    assert one(user, "select count(*) from team") == 3  # its own triggers stood still
    assert follow(engine, writer) == []
    top = log.top()
    writer.execute("update public.team set arn = 'x' where name = 'b'")
    writer.execute("insert into public.member (team_id, name) select id, 'n' from public.team where name = 'a'")
    follow(engine, writer)
    assert log("crew", f"id > {top}, change->'change'")[-1] == (True, {"size": 2})
    assert len([1 for (new,) in log("crew", f"id > {top}") if new]) == 1  # and no row that does not differ
    assert engine.execute("select from iasql.pending() where table_name = 'crew'").fetchall() == []


def test_a_users_low_level_change_is_followed_at_once_and_rolled_back_with_it(user: psycopg.Connection) -> None:
    begin(user)
    user.execute("insert into team (name) values ('a')")
    user.execute("insert into member (team_id, name) select id, 'm' from team")
    assert crews(user) == [("a", 1)]
    user.execute("update team set region = 'eu-west-1'")
    assert crews(user) == []
    user.execute("select * from iasql_rollback()")
    assert crews(user) == []
    assert one(user, "select count(*) from team") == 0


def test_a_high_level_row_makes_low_level_ones_and_nothing_twice(user: psycopg.Connection) -> None:
    user.execute("insert into crew (name, size) values ('kept', 1)")
    begin(user)
    user.execute("insert into crew (name, size, note) values ('a', 2, 'mine')")
    user.execute("delete from crew where name = 'kept'")
    assert one(user, "select count(*) from member") == 2
    user.execute("select * from iasql_rollback()")
    assert crews(user) == [("kept", 1)]
    assert user.execute("select t.name, m.name from team t join member m on m.team_id = t.id").fetchall() == [
        ("kept", "kept1")
    ]


def test_what_the_view_does_not_tell_stays(engine: psycopg.Connection, user: psycopg.Connection) -> None:
    user.execute("insert into crew (name, size, note) values ('a', 1, 'mine')")
    user.execute("insert into member (team_id, name) select id, 'x' from team")
    assert user.execute("select size, note from crew").fetchall() == [(2, "mine")]


def test_a_view_that_fails_stops_nobody(engine: psycopg.Connection, user: psycopg.Connection) -> None:
    engine.execute("create or replace view public.crew_found as select name, 1/0 as size, load from public.team")
    told: list[str | None] = []
    user.add_notice_handler(lambda notice: told.append(notice.message_primary))
    user.execute("insert into team (name) values ('a')")
    assert told == ["crew does not follow team: division by zero"]
    assert one(user, "select count(*) from team") == 1


def test_code_of_a_module_never_counts_as_the_engine(
    engine: psycopg.Connection, writer: psycopg.Connection, user: psycopg.Connection, log: Log
) -> None:
    engine.execute("""
        create function public.sneak() returns integer language plpgsql as $$
        begin
          insert into public.zone (name) values (current_user) on conflict do nothing;
          return 1;
        end $$;
        create or replace view public.crew_found as select name, public.sneak() as size, load from public.team""")
    writer.execute("insert into public.team (name) values ('a')")
    follow(engine, writer)
    assert crews(user) == [("a", 1)]
    assert log("zone", "origin, key->>'name'") == [("user", "iasql_module")]


def test_it_ends(engine: psycopg.Connection, user: psycopg.Connection) -> None:
    engine.execute("select iasql.end_rebuild('crew')")
    user.execute("insert into team (name) values ('a')")
    assert crews(user) == []


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("select iasql.rebuild_by('none', 'public.crew_found', '{team}')", "no module has a table none"),
        ("select iasql.rebuild_by('crew', 'public.crew_found', '{tema}')", "crew cannot follow tema"),
        ("select iasql.rebuild_by('team', 'public.crew_found', '{team}')", "must have the key of team: id"),
    ],
)
def test_what_cannot_follow_is_refused(engine: psycopg.Connection, statement: str, said: str) -> None:
    with pytest.raises(psycopg.Error, match=said):
        engine.execute(statement.encode())
