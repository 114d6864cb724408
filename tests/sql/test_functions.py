"""The functions that users call, as far as they need no engine."""

from __future__ import annotations

import psycopg
import pytest

from iasql import __version__
from iasql.log import catalog, freshness, held
from tests.sql.conftest import begin, one

CALLS = {
    "iasql_begin": ("message", "transaction_id"),
    "iasql_preview": (
        "action",
        "table_name",
        "id",
        "description",
        "side",
        "changes",
        "conflict",
        "reversible",
        "changed_by",
        "plan_digest",
    ),
    "iasql_commit": ("action", "table_name", "id", "description"),
    "iasql_rollback": ("action", "table_name", "id", "description"),
    "iasql_refresh": ("action", "table_name", "id", "description"),
    "iasql_sync": ("action", "table_name", "id", "description", "side"),
    "iasql_install": ("module_name", "created_table_name", "record_count"),
    "iasql_uninstall": ("module_name", "dropped_table_name", "record_count"),
    "iasql_modules_list": ("module_name", "module_version", "dependencies"),
    "iasql_modules_installed": ("module_name", "module_version", "dependencies"),
    "iasql_get_errors": ("ts", "message"),
    "iasql_help": ("module", "name", "signature", "description", "sample_usage"),
    "iasql_version": ("version",),
    "iasql_progress": ("done", "total", "current", "seconds"),
}
ARGUMENTS = {
    "iasql_begin": ["message"],
    "iasql_commit": ["message", "force", "allow", "expect", "wait", "expires"],
    "iasql_rollback": ["force"],
    "iasql_refresh": ["table_names"],
    "iasql_sync": ["table_names"],
}


@pytest.mark.parametrize("name", CALLS)
def test_columns_and_arguments_are_the_contract_s(user: psycopg.Connection, name: str) -> None:
    query = """
        select array(select a from unnest(proargnames, proargmodes::text[]) x (a, m) where m in ('o', 'b', 't')),
          array(select a from unnest(proargnames, proargmodes::text[]) x (a, m) where m in ('i', 'b'))
        from pg_proc where oid = %s::regproc"""
    answers, given = user.execute(query, [f"public.{name}"]).fetchone() or ((), ())
    assert tuple(answers) == CALLS[name]
    assert given == ARGUMENTS.get(name, [])


def test_no_name_needs_quoting(user: psycopg.Connection) -> None:
    """Arguments and columns can be typed as they are: none is a reserved word."""
    reserved = user.execute("""
        select p.proname, a from pg_proc p, unnest(p.proargnames) a
        where p.pronamespace = 'public'::regnamespace and p.proname like 'iasql%'
          and exists (select from pg_get_keywords() k where k.word = a and k.catcode = 'R')""").fetchall()
    assert reserved == []


def test_help_tells_every_function(user: psycopg.Connection) -> None:
    helped = {name for (name,) in user.execute("select name from iasql_help()").fetchall()}
    public = {
        name
        for (name,) in user.execute(
            "select proname from pg_proc where pronamespace = 'public'::regnamespace and prorettype <>"
            " 'trigger'::regtype"
        ).fetchall()
    }
    assert public == helped
    assert user.execute("select signature, sample_usage from iasql_help() where name = 'iasql_begin'").fetchone() == (
        "(message text) => (message text, transaction_id uuid)",
        "SELECT * FROM iasql_begin('why')",
    )
    assert one(user, "select signature from iasql_help() where name = 'iasql_install'").startswith(
        "(variadic modules text[]) =>"
    )
    assert one(user, "select count(*) from iasql_help() where description is null or sample_usage is null") == 0


def test_help_shows_nobody_else_s(user: psycopg.Connection) -> None:
    user.execute("create function mine() returns integer language sql as 'select 1'")
    user.execute("""comment on function mine() is '{"description": "mine"}'""")
    user.execute(
        "create function broken() returns integer language sql as 'select 1'; comment on function"
        " broken() is '{not json'"
    )
    assert one(user, "select count(*) from iasql_help() where name in ('mine', 'broken')") == 0


def test_version_and_modules(user: psycopg.Connection) -> None:
    assert one(user, "select version from iasql_version()") == __version__
    assert user.execute("select * from iasql_modules_installed()").fetchall() == [
        ("iasql_functions", __version__, [f"iasql_platform@{__version__}"]),
        ("iasql_platform", __version__, []),
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("iasql_apply", "iasql_commit"),
        ("iasql_preview_apply", "iasql_preview"),
        ("iasql_preview_sync", "iasql_preview"),
    ],
)
def test_old_names_say_the_way(user: psycopg.Connection, old: str, new: str) -> None:
    with pytest.raises(psycopg.errors.FeatureNotSupported, match=rf"{new}\(\)"):
        user.execute(f"select * from {old}()")


def test_begin_answers(user: psycopg.Connection) -> None:
    message, tx = user.execute("select * from iasql_begin(message => 'why')").fetchone() or ("", "")
    assert message == "Transaction started"
    assert one(user, "select message from iasql_transaction where transaction_id = %s", tx) == "why"
    user.execute("select iasql_rollback()")
    user.execute("select iasql_begin()")


def test_errors_newest_first(user: psycopg.Connection, engine: psycopg.Connection) -> None:
    for number in range(3):
        engine.execute("select iasql.mark('ERROR', null, %s)", [f"error {number}"])
    assert [text for (text,) in user.execute("select message from iasql_get_errors()").fetchall()] == [
        "error 2",
        "error 1",
        "error 0",
    ]


@pytest.mark.usefixtures("tables")
def test_a_preview_without_an_engine_is_the_log_s_own(user: psycopg.Connection) -> None:
    notices: list[str] = []
    user.add_notice_handler(lambda told: notices.append(told.message_primary or ""))
    with pytest.raises(psycopg.Error, match="Cannot execute without calling iasql_begin"):
        user.execute("select * from iasql_preview()")
    begin(user)
    user.execute("insert into team (name) values ('a')")
    rows = user.execute("select action, table_name, id, description, changed_by from iasql_preview()").fetchall()
    assert rows == [("create", "team", "1", "a", "iasql")]
    assert "the cloud was not asked" in notices[-1]


@pytest.mark.usefixtures("tables")
def test_delete_all_records(user: psycopg.Connection, engine: psycopg.Connection) -> None:
    user.execute(
        "insert into team (name) values ('a'); insert into member (team_id) values (1); insert into zone values ('z')"
    )
    begin(user)
    user.execute("select delete_all_records()")
    assert (
        one(user, "select (select count(*) from team) + (select count(*) from member) + (select count(*) from zone)")
        == 0
    )
    user.execute("select * from iasql_rollback()")
    assert one(user, "select count(*) from member") == 1
    assert one(engine, "select count(*) from public.iasql_setting") > 0


@pytest.mark.usefixtures("tables")
def test_what_is_held(user: psycopg.Connection, engine: psycopg.Connection) -> None:
    user.execute("create table mine (id integer primary key, team_id integer references team on delete set null)")
    user.execute("insert into team (name) values ('a'), ('b'); insert into mine values (1, 1)")
    assert held.hindrance(engine, "team", {"id": 2}) is None
    found = held.hindrance(engine, "team", {"id": 1})
    assert found is not None
    assert (found["dependent_table"], found["constraint"], found["on_delete"]) == (
        "mine",
        "mine_team_id_fkey",
        "set null",
    )
    for _ in range(2):
        held.hold(engine, "team", {"id": 1}, "deletion_prevented", found)
    assert user.execute("select table_name, key, kind from iasql_conflict").fetchall() == [
        ("team", {"id": 1}, "deletion_prevented")
    ]
    assert "mine_team_id_fkey" in one(user, "select reason from iasql_conflict")
    assert one(user, "select count(*) from iasql_audit_log where change_type = 'CONFLICT'") == 1
    held.release(engine, "team", {"id": 1}, ["failed"])
    assert one(user, "select count(*) from iasql_conflict") == 1
    held.release(engine, "team")
    assert one(user, "select count(*) from iasql_conflict") == 0


@pytest.mark.usefixtures("tables")
def test_dependents_of_composite_keys_and_tables_that_cannot_be_read(
    user: psycopg.Connection, engine: psycopg.Connection
) -> None:
    user.execute("create table mine (z varchar, n varchar, foreign key (z, n) references record on delete cascade)")
    user.execute(
        "insert into zone values ('z'); insert into record values ('z', 'a'), ('z', 'b'); insert into"
        " mine values ('z', 'a')"
    )
    found = held.dependents(engine, "record", [{"zone": "z", "name": "a"}, {"zone": "z", "name": "b"}])
    assert {each.key["name"] for each in found} >= {"a"}
    if one(engine, "select has_table_privilege('public.mine', 'select')"):
        assert {each.key["name"] for each in found} == {"a"}


def test_freshness(user: psycopg.Connection, engine: psycopg.Connection) -> None:
    freshness.note(engine, "team", "us-east-1", None)
    freshness.note(engine, "team", "us-east-1", "denied")
    freshness.note(engine, "team", None, None)
    rows = user.execute(
        "select region, last_ok is not null, age is not null, error from iasql_freshness order by region"
    ).fetchall()
    assert rows == [("us-east-1", True, True, "denied"), (None, True, True, None)]


@pytest.mark.usefixtures("tables")
def test_modules_come_and_go(user: psycopg.Connection, engine: psycopg.Connection) -> None:
    catalog.add_module(engine, "aws_test", "1.2", ["iasql_platform"])
    catalog.add_table(engine, "aws_test", "team")
    assert user.execute("select * from iasql_tables").fetchall() == [("aws_test", "team")]
    assert one(user, "select dependency from iasql_dependencies where module = 'aws_test'") == "iasql_platform"
    user.execute("insert into team (name) values ('a')")
    assert catalog.log_all_deleted(engine, "team") == 1
    catalog.drop_module(engine, "aws_test")
    assert user.execute("select * from iasql_tables").fetchall() == []
    row = user.execute(
        "select change_type::text, origin from iasql_audit_log where table_name = 'team' order by id desc limit 1"
    )
    assert row.fetchone() == ("DELETE", "engine")
