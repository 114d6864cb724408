"""What happens to rows stands in the log, once a key and statement, exactly."""

from __future__ import annotations

import uuid

import psycopg
import pytest

from tests.databases import Database
from tests.sql.conftest import Log, begin, one

pytestmark = pytest.mark.usefixtures("tables")


def team(number: int, name: str, **more: object) -> dict[str, object]:
    return {"id": number, "name": name, "region": "us-east-1", "tags": None, "arn": None, **more}


def test_insert_holds_the_whole_row(user: psycopg.Connection, log: Log) -> None:
    """But for generated and volatile columns."""
    user.execute("insert into team (name, tags, load) values ('a', '{\"x\": 1}', 7), ('b', null, 8)")
    assert log("team") == [
        ("INSERT", {"id": 1}, {"change": team(1, "a", tags={"x": 1})}),
        ("INSERT", {"id": 2}, {"change": team(2, "b")}),
    ]


def test_update_holds_the_row_before_and_only_what_changed(user: psycopg.Connection, log: Log) -> None:
    user.execute("insert into team (name) values ('a'), ('b')")
    user.execute("update team set name = 'c', region = 'us-east-1' where id = 2")
    assert log("team")[2:] == [("UPDATE", {"id": 2}, {"original": team(2, "b"), "change": {"name": "c"}})]


def test_delete_holds_the_row_before(user: psycopg.Connection, log: Log) -> None:
    user.execute("insert into team (name) values ('a')")
    user.execute("delete from team")
    assert log("team")[1:] == [("DELETE", {"id": 1}, {"original": team(1, "a")})]


def test_truncate_is_logged_row_by_row(user: psycopg.Connection, log: Log) -> None:
    user.execute("insert into zone values ('z'), ('y')")
    user.execute("insert into record values ('z', 'www', '1')")
    begin(user)
    user.execute("truncate zone, record, member")
    assert log("record", "change_type, key")[1:] == [("DELETE", {"zone": "z", "name": "www"})]
    assert {key["name"] for kind, key in log("zone", "change_type, key") if kind == "DELETE"} == {"z", "y"}


def test_what_changes_nothing_is_not_logged(user: psycopg.Connection, log: Log) -> None:
    user.execute("insert into team (name, load) values ('a', 1)")
    for statement in (
        "update team set name = name, tags = tags",
        "update team set load = 99",
        "update team set name = 'z' where false",
        "delete from team where false",
        "insert into team (id, name) values (1, 'a') on conflict (id) do nothing",
        "insert into team (id, name) values (1, 'a') on conflict (id) do update set name = excluded.name",
    ):
        user.execute(statement)
    assert len(log("team")) == 1


def test_a_moved_key_is_a_deletion_and_an_insertion(user: psycopg.Connection, log: Log) -> None:
    user.execute("insert into zone values ('a', 'n')")
    user.execute("update zone set name = 'b'")
    assert sorted(log("zone")[1:]) == [
        ("DELETE", {"name": "a"}, {"original": {"name": "a", "note": "n"}}),
        ("INSERT", {"name": "b"}, {"change": {"name": "b", "note": "n"}}),
    ]


def test_swapped_keys_are_what_the_map_became(user: psycopg.Connection, log: Log) -> None:
    """Two rows that change places are two updates, whatever the pairing of the rows was."""
    user.execute("insert into zone values ('a', '1'), ('b', '2')")
    user.execute(
        "begin; update zone set name = '_' where name = 'a'; update zone set name = 'a' where name = 'b'; commit"
    )
    user.execute("update zone set name = 'b' where name = '_'")
    state: dict[str, str] = {}
    for kind, key, change in log("zone"):
        if kind == "DELETE":
            del state[key["name"]]
        else:
            state[key["name"]] = {**change.get("original", {}), **change["change"]}["note"]
    assert state == {"a": "2", "b": "1"}


def test_cascades_are_logged(user: psycopg.Connection, log: Log) -> None:
    user.execute("insert into zone values ('z')")
    user.execute("insert into record values ('z', 'www', '1')")
    user.execute("update zone set name = 'y'")
    user.execute("delete from zone")
    assert [(kind, key["zone"]) for kind, key in log("record", "change_type, key")][1:] in (
        [("DELETE", "z"), ("INSERT", "y"), ("DELETE", "y")],
        [("INSERT", "y"), ("DELETE", "z"), ("DELETE", "y")],
    )


def test_upsert_and_merge_and_copy(user: psycopg.Connection, log: Log) -> None:
    user.execute("insert into zone values ('a', '1')")
    user.execute("insert into zone values ('a', '2'), ('b', '2') on conflict (name) do update set note = excluded.note")
    user.execute(
        "merge into zone z using (values ('a'), ('c')) v (name) on z.name = v.name"
        " when matched then delete when not matched then insert values (v.name, 'm')"
    )
    with user.cursor().copy("copy zone from stdin") as copy:
        copy.write("d\tcopied\n")
    assert sorted((kind, key["name"]) for kind, key in log("zone", "change_type, key")) == [
        ("DELETE", "a"),
        ("INSERT", "a"),
        ("INSERT", "b"),
        ("INSERT", "c"),
        ("INSERT", "d"),
        ("UPDATE", "a"),
    ]


def test_who_and_where_from(database: Database, log: Log) -> None:
    connection = database.connect()
    connection.execute("set application_name = 'a test'")
    connection.execute("set iasql.actor = 'ada@example.org'")
    connection.execute("insert into zone values ('a')")
    (row,) = log("zone", '"user", changed_by, application_name, client_addr is not null, origin, restores')
    assert row == ("iasql", "ada@example.org", "a test", True, "user", False)


def test_every_row_has_a_transaction_id(user: psycopg.Connection, log: Log) -> None:
    user.execute("insert into zone values ('a')")
    tx = begin(user)
    user.execute("insert into zone values ('b')")
    user.execute("select * from iasql_rollback()")
    user.execute("insert into zone values ('c')")
    first, second, undone, third = (str(tx) for (tx,) in log("zone", "transaction_id"))
    assert second == undone == tx
    assert len({first, second, third}) == 3
    assert uuid.UUID(tx).version == 7


def test_images_do_not_depend_on_the_session(database: Database, engine: psycopg.Connection, log: Log) -> None:
    engine.execute(
        "create table public.moment (id integer primary key, at timestamptz, every interval, raw bytea, f float8)"
    )
    engine.execute("select iasql.watch('public.moment')")
    odd = "set timezone = 'Asia/Kolkata'; set datestyle = 'German'; set bytea_output = 'escape';"
    odd += " set intervalstyle = 'sql_standard'; set extra_float_digits = -5"
    for number, settings in enumerate(["set timezone = 'UTC'", odd]):
        connection = database.connect()
        connection.execute(settings)
        connection.execute(
            "insert into moment values (%s, '2024-02-03T04:05:06Z'::timestamptz, '1 day 2"
            " hours'::interval, %s, 0.1::float8 + 0.2)",
            [number, b"\x00\xff"],
        )
    first, second = ({**change["change"], "id": 0} for (change,) in log("moment", "change"))
    assert first == second


def test_column_names_that_look_like_aliases(engine: psycopg.Connection, user: psycopg.Connection, log: Log) -> None:
    engine.execute(
        "create table public.odd (key integer primary key, n integer, o integer, t text, i text, r text,"
        ' "user" text, who text,'
        ' tx text, g text, change text, original text, "Name" text)'
    )
    engine.execute("select iasql.watch('public.odd')")
    user.execute("insert into odd (key, n, t) values (1, 2, 'x')")
    user.execute("update odd set n = 3, o = 4, r = 'y', \"Name\" = 'z', original = 'w'")
    user.execute("delete from odd")
    assert [kind for (kind,) in log("odd", "change_type")] == ["INSERT", "UPDATE", "DELETE"]
    assert log("odd")[1][2]["change"] == {"n": 3, "o": 4, "r": "y", "Name": "z", "original": "w"}


def test_the_schema_is_named_where_it_is_not_the_default_one(
    engine: psycopg.Connection, user: psycopg.Connection, log: Log
) -> None:
    engine.execute("create schema other; grant usage on schema other to iasql_user")
    engine.execute("create table other.zone (name text primary key)")
    engine.execute("select iasql.watch('other.zone')")
    user.execute("insert into other.zone values ('a')")
    assert [key for (key,) in log("other.zone", "key")] == [{"name": "a"}]


def test_watch_again_after_ddl(engine: psycopg.Connection, user: psycopg.Connection, log: Log) -> None:
    engine.execute("alter table public.zone rename column name to label")
    engine.execute("select iasql.watch('public.zone')")
    user.execute("insert into zone (label) values ('a')")
    assert log("zone", "key") == [({"label": "a"},)]


@pytest.mark.parametrize(
    ("ddl", "problem"),
    [
        ("create table public.keyless (a int)", "has no primary key"),
        ("create table public.keyless (a int primary key) partition by range (a)", "is not a plain table"),
        ("create view public.keyless as select 1 a", "has no primary key"),
    ],
)
def test_what_cannot_be_watched(engine: psycopg.Connection, ddl: str, problem: str) -> None:
    engine.execute(ddl)
    with pytest.raises(psycopg.Error, match=problem):
        engine.execute("select iasql.watch('public.keyless')")


def test_users_cannot_silence_the_triggers(user: psycopg.Connection) -> None:
    for statement in (
        "alter table team disable trigger all",
        "drop table team",
        "create trigger mine before insert on team for each row execute function suppress_redundant_updates_trigger()",
        "set session_replication_role = replica",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            user.execute(statement)


def test_replicas_log_too(database: Database, log: Log) -> None:
    """A superuser who restores data plays replica: the triggers are ENABLE ALWAYS."""
    admin = database.admin()
    if not one(admin, "select rolsuper from pg_roles where rolname = current_user"):
        pytest.skip("the server's administrator is no superuser")
    admin.execute("set session_replication_role = replica")
    admin.execute("insert into zone values ('a')")
    assert len(log("zone")) == 1
