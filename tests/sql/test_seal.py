"""Seals: an honest log verifies, and whatever somebody does to it afterwards is found."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from tests.databases import Database
from tests.sql.conftest import begin, one
from tests.sql.test_history import now
from tests.sql.test_restore import commit

pytestmark = pytest.mark.usefixtures("tables")


def verify(connection: psycopg.Connection) -> tuple[Any, ...]:
    """ok, first_bad and reason."""
    row = connection.execute("select ok, first_bad, reason from iasql_audit_verify()").fetchone()
    assert row is not None
    return row


def seal(engine: psycopg.Connection) -> int:
    """How many rows a seal covers, made now."""
    found: int = one(engine, "select iasql.seal()")
    return found


@pytest.fixture
def sealed(tables: None, user: psycopg.Connection, engine: psycopg.Connection) -> None:
    """Three seals over some changes, and a tail that has none."""
    for number in range(3):
        user.execute("insert into zone values (%s, 'x'), (%s, 'y')", [f"a{number}", f"b{number}"])
        assert seal(engine) > 0
    user.execute("update zone set note = 'tail' where name = 'a0'")


def test_an_honest_log_verifies(user: psycopg.Connection, engine: psycopg.Connection, sealed: None) -> None:
    assert verify(user) == (True, None, None)
    assert seal(engine) == 1
    assert seal(engine) == 0
    assert verify(user) == (True, None, None)
    rows = one(user, "select sealed_rows from iasql_audit_verify()")
    assert rows == one(user, "select count(*) from iasql_audit_log")
    assert one(user, "select sealed_rows from iasql_audit_verify(now())") == 0


def test_a_close_seals(user: psycopg.Connection, engine: psycopg.Connection) -> None:
    tx = begin(user)
    user.execute("insert into zone values ('a')")
    commit(engine, tx)
    assert seal(engine) == 0
    assert verify(user) == (True, None, None)


def test_transactions_that_end_late_are_sealed_later(
    database: Database, user: psycopg.Connection, engine: psycopg.Connection
) -> None:
    other = database.connect()
    seal(engine)
    with user.transaction():
        user.execute("insert into zone values ('slow')")
        other.execute("insert into zone values ('fast')")
        assert seal(engine) == 1
        assert verify(other) == (True, None, None)
    assert verify(other) == (True, None, None)
    assert seal(engine) == 1
    assert verify(other) == (True, None, None)


def test_a_transaction_that_was_open_for_long_is_sealed_when_it_ends(
    database: Database, user: psycopg.Connection, engine: psycopg.Connection
) -> None:
    """However many seals were made meanwhile, and however long ago."""
    other = database.connect()

    def work(name: str) -> None:
        other.execute("insert into zone values (%s)", [name])
        while one(engine, "select iasql.seal(apart => '0')"):
            continue

    with user.transaction():
        user.execute("insert into zone values ('slow')")
        for number in range(3):
            work(f"fast {number}")
    for number in range(3):
        work(f"later {number}")
        assert verify(other) == (True, None, None)
    below = one(engine, "select iasql.sealed_below('0')")
    assert below >= one(other, 'select id from iasql_audit_log where key = \'{"name": "later 0"}\'')


def test_in_chunks(user: psycopg.Connection, engine: psycopg.Connection) -> None:
    user.execute("insert into zone select 'z' || n from generate_series(1, 25) n")
    sizes = []
    while size := one(engine, "select iasql.seal(10)"):
        sizes.append(size)
    assert sizes[:2] == [10, 10]
    assert sum(sizes) == one(user, "select count(*) from iasql_audit_log")
    assert verify(user) == (True, None, None)


TARGET = '(select id from iasql_audit_log where key = \'{"name": "a1"}\' limit 1)'
ATTACKS = {
    "edit a value": (
        f'update iasql_audit_log set change = \'{{"change": {{"name": "a1", "note": "z"}}}}\' where id = {TARGET}',
        "was changed",
    ),
    "edit a name": (f"update iasql_audit_log set changed_by = 'nobody' where id = {TARGET}", "was changed"),
    "edit a time": (f"update iasql_audit_log set ts = ts - interval '1 day' where id = {TARGET}", "was changed"),
    "delete a row": (f"delete from iasql_audit_log where id = {TARGET}", "was deleted"),
    "delete the tail": (f"delete from iasql_audit_log where id >= {TARGET}", "was deleted"),
    "swap two rows": (
        f"""update iasql_audit_log l set (key, change, ts) = (select o.key, o.change, o.ts from iasql_audit_log o
          where o.id = 2 * {TARGET} + 1 - l.id) where l.id between {TARGET} and {TARGET} + 1""",
        "was changed",
    ),
    "add a row": (
        f"""insert into iasql_audit_log overriding system value select -1, ts, xact, "user", changed_by, client_addr,
          application_name, origin, restores, table_name, change_type, '{{"name": "forged"}}', change, message,
          transaction_id from iasql_audit_log where id = {TARGET}""",
        "was added",
    ),
    "edit a leaf": (
        "update iasql.audit_leaf set digest = sha256(digest) where seal = 2",
        "seal 2 was changed|was changed",
    ),
    "edit a row and its leaf": (
        f"""update iasql_audit_log set changed_by = 'nobody' where id = {TARGET};
        update iasql.audit_leaf f set digest = iasql.leaf_of(l, f.salt) from iasql_audit_log l where l.id = f.log_id""",
        "seal 2 was changed",
    ),
    "forge a seal": (
        f"""update iasql_audit_log set changed_by = 'nobody' where id = {TARGET};
        update iasql.audit_leaf f set digest = iasql.leaf_of(l, f.salt) from iasql_audit_log l where l.id = f.log_id;
        update iasql.audit_seal s set digest = iasql.seal_digest(number, low, high, previous, snapshot, sealed_at,
          (select string_agg(digest, '' order by log_id) from iasql.audit_leaf where seal = s.number))
        where number = 2""",
        "seal 3 does not follow seal 2",
    ),
    "delete a row with its leaf": (
        f"delete from iasql.audit_leaf where log_id = {TARGET}; delete from iasql_audit_log where id = {TARGET}",
        "seal 2 was changed",
    ),
    "delete a seal": (
        "delete from iasql.audit_leaf where seal = 2; delete from iasql.audit_seal where number = 2",
        "seal 3 does not follow seal 1",
    ),
    "delete the last seal": (
        "delete from iasql.audit_seal where number = (select max(number) from iasql.audit_seal)",
        "seal [0-9]+ was deleted",
    ),
    "go around the triggers": ("update zone set note = 'silent' where name = 'b1'", "zone .*b1.* was changed"),
    "insert around the triggers": ("insert into zone values ('silent')", "zone .*silent.* is new"),
    "delete around the triggers": ("delete from zone where name = 'b2'", "zone .*b2.* is gone"),
    "delete the unsealed tail": (
        "delete from iasql_audit_log where id = (select max(id) from iasql_audit_log)",
        "zone .*a0.* was changed",
    ),
}


@pytest.mark.usefixtures("sealed")
@pytest.mark.parametrize("attack", ATTACKS)
def test_what_a_superuser_did_is_found(database: Database, user: psycopg.Connection, attack: str) -> None:
    statement, expected = ATTACKS[attack]
    admin = database.admin()
    for table in ("public.iasql_audit_log", "iasql.audit_leaf", "iasql.audit_seal", "public.zone"):
        admin.execute(f"alter table {table} disable trigger user".encode())
    admin.execute("set search_path = public")
    with admin.transaction():
        admin.execute(statement.encode())
    ok, first_bad, reason = verify(user)
    assert not ok
    assert one(user, "select %s ~ %s", reason, expected), reason
    if expected.startswith("was"):
        assert str(first_bad) in reason


def test_nobody_writes_them(
    database: Database, user: psycopg.Connection, engine: psycopg.Connection, sealed: None
) -> None:
    for statement in (
        "delete from iasql.audit_seal",
        "update iasql.audit_leaf set seal = 1",
        "truncate iasql.audit_leaf",
    ):
        for connection in (user, engine):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement.encode())
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        user.execute("select iasql.seal()")
    for auditor in database.person("iasql_auditor"):
        assert verify(auditor) == (True, None, None)


def test_since(user: psycopg.Connection, engine: psycopg.Connection, database: Database, sealed: None) -> None:
    """What was sealed before is taken for granted."""
    at = now(user)
    seal(engine)
    admin = database.admin()
    admin.execute("alter table public.iasql_audit_log disable trigger user")
    admin.execute("update iasql_audit_log set changed_by = 'nobody' where id = (select min(id) from iasql_audit_log)")
    assert user.execute("select ok, sealed_rows from iasql_audit_verify(%s)", [at]).fetchone() == (True, 1)
    assert not verify(user)[0]
