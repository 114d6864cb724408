"""Who may do what."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import attrs
import psycopg
import pytest
from psycopg import sql

from iasql.db.connection import Address, connect
from iasql.db.roles import create_database, create_roles, create_user, drop_database, list_databases
from iasql.errors import InvalidArgument
from tests.databases import Database, Server
from tests.sql.conftest import begin, one

pytestmark = pytest.mark.usefixtures("tables")
READS = (
    "iasql_audit_log",
    "iasql_transaction",
    "iasql_conflict",
    "iasql_freshness",
    "iasql_setting",
    "iasql_mode",
    "iasql_module",
)


@pytest.fixture
def auditor(database: Database) -> Iterator[psycopg.Connection]:
    """Somebody who may read."""
    yield from database.person("iasql_auditor")


def test_our_logins_are_no_superusers_and_make_no_roles(user: psycopg.Connection) -> None:
    rows = user.execute("""
        select rolname from pg_roles where rolname in ('iasql_engine', 'iasql_writer', 'iasql')
          and (rolsuper or rolcreaterole or rolcreatedb or rolbypassrls or rolreplication)""").fetchall()
    assert rows == []


def test_an_auditor_reads_everything_and_writes_nothing(auditor: psycopg.Connection) -> None:
    for name in (*READS, "team"):
        auditor.execute(sql.SQL("select * from {}").format(sql.Identifier(name)))
    for statement in (
        "insert into team (name) values ('x')",
        "delete from team",
        "truncate team",
        "update iasql_setting set value = 'hold'",
        "select iasql_begin()",
        "select iasql_commit()",
        "select iasql_install('aws_s3')",
        "create table public.x (a int)",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            auditor.execute(statement.encode())


def test_an_operator_sets_modes_and_values(operator: psycopg.Connection) -> None:
    operator.execute("update iasql_setting set value = 'hold' where name = 'outside_transaction'")
    operator.execute("insert into iasql_mode (table_name, mode) values ('team', 'PROTECT')")
    with pytest.raises(psycopg.errors.CheckViolation):
        operator.execute("update iasql_setting set value = 'pusch' where name = 'outside_transaction'")
    for statement in (
        "insert into iasql_setting values ('x', 'y', 'y', '')",
        "update iasql_setting set allowed = '.*'",
        "delete from iasql_setting",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            operator.execute(statement.encode())
    kinds = operator.execute(
        "select table_name, change_type::text from iasql_audit_log where table_name like 'iasql%' order by id"
    ).fetchall()
    assert kinds[-2:] == [("iasql_setting", "UPDATE"), ("iasql_mode", "INSERT")]


def test_users_have_tables_of_their_own(user: psycopg.Connection) -> None:
    user.execute("create table mine (id integer primary key, team_id integer references team)")
    user.execute("create view seen as select name from team")
    user.execute("create function f() returns integer language sql as 'select 1'")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        user.execute("create table iasql.mine (a integer)")
    user.execute("insert into mine values (1, null)")
    assert one(user, "select count(*) from iasql_audit_log where table_name = 'mine'") == 0


def test_strangers_may_not_even_connect(server: Server, database: Database) -> None:
    name, word = f"stranger_{secrets.token_hex(4)}", secrets.token_urlsafe()
    with server.admin() as admin:
        admin.execute(sql.SQL("create role {} login password {}").format(sql.Identifier(name), sql.Literal(word)))
        try:
            with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
                connect(attrs.evolve(server.address, passfile=None, passwords={name: word}), name, database.name)
        finally:
            admin.execute(sql.SQL("drop role {}").format(sql.Identifier(name)))


def test_the_log_names_persons(database: Database) -> None:
    for connection in database.person("iasql_user"):
        connection.execute("insert into zone values ('a')")
        row = connection.execute(
            'select "user", changed_by from iasql_audit_log where table_name = %s', ["zone"]
        ).fetchone()
        assert row == (connection.info.user, connection.info.user)


def test_passwords_are_not_sent_in_clear(server: Server) -> None:
    name = f"hidden_{secrets.token_hex(4)}"
    with server.admin() as admin:
        create_user(admin, name, "clear-word", ["iasql_user"])
        try:
            if one(admin, "select rolsuper from pg_roles where rolname = current_user"):
                assert str(one(admin, "select rolpassword from pg_authid where rolname = %s", name)).startswith(
                    "SCRAM-SHA-256$"
                )
        finally:
            admin.execute(sql.SQL("drop role {}").format(sql.Identifier(name)))


@pytest.mark.parametrize(
    ("name", "groups"), [("somebody", ["postgres"]), ("somebody", ["iasql_engine"]), ("iasql_writer", ["iasql_user"])]
)
def test_users_get_our_groups_only(server: Server, name: str, groups: list[str]) -> None:
    with server.admin() as admin, pytest.raises(InvalidArgument):
        create_user(admin, name, "x", groups)


def test_making_roles_again_changes_nothing(server: Server, database: Database) -> None:
    with server.admin() as admin:
        create_roles(admin, {})
    assert database.connect("iasql_engine").info.user == "iasql_engine"


def test_databases_are_listed_and_dropped(server: Server) -> None:
    name = f'odd "name" {secrets.token_hex(3)}'
    with server.admin() as admin:
        create_database(admin, name)
        create_database(admin, name)
        assert name in list_databases(admin)
        drop_database(admin, name)
        assert name not in list_databases(admin)
        for other in ("postgres", "no such database"):
            with pytest.raises(InvalidArgument):
                drop_database(admin, other)
        for nameless in ("", "n" * 64):
            with pytest.raises(InvalidArgument, match="1 to 63 bytes"):
                create_database(admin, nameless)
            with pytest.raises(InvalidArgument, match="1 to 63 bytes"):
                create_user(admin, nameless, None, ["iasql_user"])
        with pytest.raises(InvalidArgument, match="is not IaSQL's"):
            create_database(admin, "postgres")


@pytest.mark.parametrize(
    ("dsn", "shown"),
    [
        ("postgresql://ada:secret@db.example.org:5433/prod", "postgresql://iasql@db.example.org:5433/x"),
        ("host=/var/run/postgresql user=ada", "postgresql://iasql@/x?host=/var/run/postgresql&port=5432"),
        ("postgresql://ada@[::1]/prod?sslmode=require", "postgresql://iasql@[::1]:5432/x?sslmode=require"),
        ("postgresql://ada@h/p?passfile=/a%20b/c", "postgresql://iasql@h:5432/x?passfile=/a%20b/c"),
    ],
)
def test_an_address_shows_no_password(dsn: str, shown: str) -> None:
    address, role, _ = Address.parse(dsn)
    assert role == "ada"
    assert address.dsn("iasql", "x") == shown
    assert "secret" not in repr(address)


def test_not_a_dsn() -> None:
    with pytest.raises(InvalidArgument):
        Address.parse("postgresql://h/x?no_such_option=1")


@pytest.mark.parametrize(
    ("setting", "value", "statement"),
    [
        ("outside_transaction", "refuse", "insert into zone values ('a')"),
        ("outside_transaction", "refuse", "truncate zone cascade"),
        ("truncate_outside_transaction", "refuse", "truncate zone cascade"),
        ("truncate_outside_transaction", "refuse", "select delete_all_records()"),
    ],
)
def test_what_settings_forbid_outside_of_a_transaction(
    user: psycopg.Connection, writer: psycopg.Connection, setting: str, value: str, statement: str
) -> None:
    user.execute("insert into zone values ('z')")
    user.execute("update iasql_setting set value = %s where name = %s", [value, setting])
    with pytest.raises(psycopg.Error, match=r"outside of|inside of"):
        user.execute(statement.encode())
    begin(user)
    user.execute(statement.encode())
    user.execute("select * from iasql_rollback()")
    writer.execute("insert into public.zone values ('by the engine')")


def test_tracked_rows_only_follow_the_cloud(user: psycopg.Connection, writer: psycopg.Connection) -> None:
    """The most specific line decides; what a rollback restores is exempt."""
    user.execute("insert into team (name) values ('a'), ('b')")
    begin(user)
    user.execute("update team set tags = '{}' where id = 1")
    user.execute("insert into iasql_mode (table_name, key, column_name, mode) values ('team', null, null, 'TRACK'),"
                 " ('team', '{\"id\": 2}', null, 'NORMAL'), ('team', null, 'region', 'NORMAL')")  # fmt: skip
    for statement in (
        "update team set tags = '[]'",
        "delete from team where id = 1",
        "insert into team (name) values ('c')",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="only follows the cloud"):
            user.execute(statement.encode())
    user.execute("update team set tags = '{\"x\": 1}' where id = 2; update team set region = 'eu-west-1' where id = 1")
    writer.execute("update public.team set arn = 'arn:1' where id = 1")
    user.execute("select * from iasql_rollback()")
    assert user.execute("select tags, region from team order by id").fetchall() == [(None, "us-east-1")] * 2


def test_a_role_is_narrowed_to_tables(server: Server, database: Database, user: psycopg.Connection) -> None:
    name, word = f"team_{secrets.token_hex(4)}", secrets.token_urlsafe()
    role = sql.Identifier(name)
    with server.admin() as admin:
        admin.execute(sql.SQL("create role {} login password {}").format(role, sql.Literal(word)))
        address = attrs.evolve(server.address, passfile=None, passwords={name: word})
        try:
            for call in (
                "iasql_grant('nobody', '{zone}')",
                "iasql_grant('iasql', '{zone}')",
                f"iasql_grant('{name}', '{{zone}}', '{{truncate}}')",
                f"iasql_grant('{name}', '{{zone}}', '{{}}')",
                f"iasql_grant('{name}', '{{zonne}}')",
                f"iasql_grant('{name}', '{{iasql_setting}}')",
            ):
                with pytest.raises(psycopg.Error, match=r"there is no role|may do more|privileges|no installed module"):
                    user.execute(f"select * from {call}".encode())
            granted = user.execute("select * from iasql_grant(%s, '{zone}', '{SELECT,insert}')", [name]).fetchall()
            assert granted == [("zone", "select"), ("zone", "insert")]
            with connect(address, name, database.name) as narrow:
                narrow.execute("insert into zone values ('a')")
                assert one(narrow, "select name from zone") == "a"
                for statement in (
                    "select * from team",
                    "update zone set note = 'x'",
                    "select * from iasql_audit_log",
                    "select * from iasql_begin()",
                    "select * from iasql_grant('x', '{zone}')",
                ):
                    with pytest.raises(psycopg.errors.InsufficientPrivilege):
                        narrow.execute(statement.encode())
                user.execute("select * from iasql_grant(%s, '{team}')", [name])
                narrow.execute("select * from team")
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    narrow.execute("select * from zone")
            assert one(user, "select \"user\" from iasql_audit_log where table_name = 'zone'") == name
        finally:
            with server.admin(database.name) as inside:
                inside.execute(sql.SQL("drop owned by {}").format(role))
            admin.execute(sql.SQL("drop role {}").format(role))
