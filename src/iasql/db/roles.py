"""Roles and databases of a server: made once, by whoever may make roles.

Roles are the server's; privileges on tables are the database's own, see the SQL files. The next step is
`iasql.db.migrate`.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping

import psycopg
from psycopg import errors, sql

from iasql.db.guard import guard
from iasql.errors import Busy, InvalidArgument

ENGINE = "iasql_engine"
WRITER = "iasql_writer"
MODULE = "iasql_module"
USER = "iasql"
GROUPS = ("iasql_user", "iasql_operator", "iasql_approver", "iasql_auditor")
USER_GROUPS = ("iasql_user", "iasql_operator", "iasql_auditor")
MARK = "IaSQL: cloud resources as rows"
SETTINGS = {
    "client_connection_check_interval": "1s",
    "idle_in_transaction_session_timeout": "1h",
    "search_path": "public",  # without "$user": the role iasql would make its tables in the schema iasql
}
SET_IS_APART = 160000  # the version from which on members of a role need not be able to take it
NAMES_END = 64  # bytes: PostgreSQL would cut a longer one off
PATIENCE = 5.0  # seconds that connections may take to end
READS_ALL = ("pg_read_all_data", "pg_read_all_stats")


def create_roles(admin: psycopg.Connection, passwords: Mapping[str, str]) -> None:
    """Makes our logins and groups where they are missing; logins that `passwords` names get that password.

    `admin` needs CREATEROLE. May be repeated.
    """
    for group in GROUPS:
        _ensure(admin, group, login=False)
    _grant(admin, "iasql_user", "iasql_operator")  # who takes over what somebody has begun commits it, or rolls it back
    for login in (ENGINE, WRITER):
        _ensure(admin, login, login=True)
        _set_password(admin, login, passwords.get(login))
    # what users' modules are run as, and own: nobody logs in as it
    _ensure(admin, MODULE, login=False)
    _grant(admin, "iasql_user", MODULE)
    # the engine makes a function that runs with the writer's power, and no more than that
    _grant(admin, WRITER, ENGINE)
    _grant(admin, MODULE, ENGINE)
    for role in READS_ALL:
        _try_grant(admin, role, ENGINE)
    for login in passwords.keys() - {ENGINE, WRITER}:
        create_user(admin, login, passwords[login], USER_GROUPS)


def missing(connection: psycopg.Connection) -> list[str]:
    """Those of our roles that the server does not have."""
    query = "select r from unnest(%s::text[]) r where to_regrole(r) is null"
    return [name for (name,) in connection.execute(query, [[ENGINE, WRITER, MODULE, *GROUPS]]).fetchall()]


def exists(admin: psycopg.Connection, role: str) -> bool:
    """Whether the server has this role, whoever made it."""
    return admin.execute("select from pg_roles where rolname = %s", [role]).fetchone() is not None


def create_user(admin: psycopg.Connection, name: str, password: str | None, roles: Iterable[str]) -> None:
    """A login for a person or a program, in these groups; raises InvalidArgument for a group there is not."""
    chosen = list(roles)
    unknown = sorted(set(chosen) - set(GROUPS))
    if unknown:
        raise InvalidArgument(f"there is no role {', '.join(unknown)}", hint=f"Roles: {', '.join(GROUPS)}.")
    if name in {ENGINE, WRITER, MODULE, *GROUPS}:
        raise InvalidArgument(f"{name} is a role of IaSQL's own")
    _refuse_nameless(name)
    _ensure(admin, name, login=True)
    _set_password(admin, name, password)
    for role in chosen:
        _grant(admin, role, name)


def create_database(admin: psycopg.Connection, name: str, template: str | None = None) -> None:
    """An IaSQL database, without its schema unless a template has it; one that is there already is left as it is.

    `admin` needs CREATEDB.
    """
    _refuse_nameless(name)
    found = admin.execute("select shobj_description(oid, 'pg_database') from pg_database where datname = %s", [name])
    present = found.fetchone()
    if present is not None:
        if present[0] != MARK:
            raise InvalidArgument(f"the database {name} is there already and is not IaSQL's", hint="Give another name.")
        guard(admin, name)
        return
    database = sql.Identifier(name)
    _become_owner(admin)
    copied = sql.SQL(" template {}").format(sql.Identifier(template)) if template else sql.SQL("")
    admin.execute(sql.SQL("create database {} owner {}").format(database, sql.Identifier(ENGINE)) + copied)
    admin.execute(sql.SQL("revoke all on database {} from public").format(database))
    logins = sql.SQL(", ").join(map(sql.Identifier, (WRITER, *GROUPS)))
    admin.execute(sql.SQL("grant connect, temporary on database {} to {}").format(database, logins))
    for setting, value in SETTINGS.items():
        _try_setting(admin, database, setting, value)
    admin.execute(sql.SQL("comment on database {} is {}").format(database, sql.Literal(MARK)))
    if template is None:
        guard(admin, name)


def drop_database(admin: psycopg.Connection, name: str) -> None:
    """Drops an IaSQL database with everybody's connections to it; raises InvalidArgument for any other."""
    if name not in list_databases(admin):
        raise InvalidArgument(f"there is no IaSQL database {name}", hint="iasql database list")
    _become_owner(admin)
    drop = sql.SQL("drop database {}").format(sql.Identifier(name))
    try:
        admin.execute(drop + sql.SQL(" with (force)"))
    except errors.InsufficientPrivilege:  # to end other people's connections takes more than to own the database
        _drop_when_left(admin, drop, name)


def _drop_when_left(admin: psycopg.Connection, drop: sql.Composed, name: str) -> None:
    until = time.monotonic() + PATIENCE
    while True:
        try:
            admin.execute(drop)
        except errors.ObjectInUse as used:
            if time.monotonic() > until:
                raise Busy(f"somebody is connected to the database {name}", detail=used.diag.message_detail) from None
            time.sleep(0.1)
        else:
            return


def list_databases(connection: psycopg.Connection) -> list[str]:
    """The names of the server's IaSQL databases."""
    query = """
        select datname from pg_database where shobj_description(oid, 'pg_database') = %s and datallowconn order by 1"""
    return [name for (name,) in connection.execute(query, [MARK]).fetchall()]


def _refuse_nameless(name: str) -> None:
    if not 0 < len(name.encode()) < NAMES_END:
        raise InvalidArgument(f"a name has 1 to {NAMES_END - 1} bytes, and this one {len(name.encode())}")


def _ensure(admin: psycopg.Connection, role: str, *, login: bool) -> None:
    if not exists(admin, role):
        admin.execute(
            sql.SQL("create role {} {}").format(sql.Identifier(role), sql.SQL("login" if login else "nologin"))
        )


def _set_password(admin: psycopg.Connection, role: str, password: str | None) -> None:
    if password is None:
        return
    # the server's log may show the statement: it gets the digest, not the password
    digest = admin.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
    admin.execute(sql.SQL("alter role {} password {}").format(sql.Identifier(role), sql.Literal(digest)))


def _grant(admin: psycopg.Connection, role: str, member: str) -> None:
    admin.execute(sql.SQL("grant {} to {}").format(sql.Identifier(role), sql.Identifier(member)))


def _try_grant(admin: psycopg.Connection, role: str, member: str) -> None:
    """Grants what a managed server may keep for itself: without it, messages and conflicts tell less."""
    try:
        with admin.transaction():
            _grant(admin, role, member)
    except errors.InsufficientPrivilege:
        return


def _try_setting(admin: psycopg.Connection, database: sql.Identifier, setting: str, value: str) -> None:
    """Sets what not every system has."""
    try:
        with admin.transaction():
            admin.execute(
                sql.SQL("alter database {} set {} = {}").format(database, sql.Identifier(setting), sql.Literal(value))
            )
    except (errors.InvalidParameterValue, errors.InsufficientPrivilege):
        return


def _become_owner(admin: psycopg.Connection) -> None:
    """Whoever gives a database to the engine must be able to take its role, unless superuser.

    From PostgreSQL 16 on, who makes a role may administer it and no more, until he grants it to himself.
    """
    may = "set" if admin.info.server_version >= SET_IS_APART else "member"
    query = "select pg_has_role(current_user, %s, %s), current_user"  # true for superusers
    row = admin.execute(query, [ENGINE, may]).fetchone()
    if row is not None and not row[0]:
        _grant(admin, ENGINE, row[1])
