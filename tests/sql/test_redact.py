"""Redaction: one value leaves the log, on record; everything else still verifies."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from iasql.errors import InvalidArgument
from iasql.evidence.redact import redact
from iasql.evidence.verify import verify
from tests.sql.conftest import one
from tests.sql.site import Site
from tests.sql.test_history import now

PATH = ("change", "change", "tags", "owner")
BLOT = "[redacted from the log]"


@pytest.fixture
def row(site: Site) -> int:
    """A row of the log that holds what nobody should have written, and the table has no more."""
    user = site.database.connect()
    user.execute('insert into team (id, name, tags) values (7, \'web\', \'{"owner": "ada@example.org", "n": 5}\')')
    user.execute("update team set tags = '{\"n\": 1}' where id = 7")
    site.seal()
    return int(one(user, "select id from iasql_audit_log where table_name = 'team' and change_type = 'INSERT'"))


def image(site: Site, number: int) -> Any:
    return one(site.database.connect(), "select change from iasql_audit_log where id = %s", number)


def test_the_value_is_gone_and_all_verifies(site: Site, row: int) -> None:
    told = redact(site.engine, row, PATH, "a person's address", site.key)
    assert [(each["row"], each["state"]) for each in told] == [(row, "redacted"), (row + 1, "still there")]
    assert image(site, row)["change"]["tags"] == {"owner": BLOT, "n": 5}
    user = site.database.connect()
    assert user.execute("select ok, redacted_rows from iasql_audit_verify()").fetchone() == (True, 1)
    site.seal()
    verdict = site.verify(site.export())
    assert (verdict.problems, verdict.redacted) == ([], 1)
    record = user.execute(
        "select changed_by, message, change->'path' from iasql_audit_log where change_type = 'REDACT'"
    )
    assert record.fetchall() == [("iasql_engine", "a person's address", list(PATH))]


def test_nothing_that_is_kept_beside_the_log_keeps_it(site: Site) -> None:
    site.engine.execute("create table public.people (id integer primary key, mail text unique, note text)")
    site.engine.execute("select iasql.watch('public.people')")
    user = site.database.connect()
    user.execute("insert into people values (1, 'ada@example.org', 'a'), (2, 'bob@example.org', 'b')")
    user.execute("delete from people")
    site.seal()
    top = "select max(id) from public.iasql_audit_log"
    while one(site.engine, f"select iasql.catch_up(({top}), 1)") is not None:
        continue
    held = """
        select (select count(*) from iasql.fold where state::text like '%ada@%'),
          (select count(*) from iasql.alias where value = md5('ada@example.org')), (select count(*) from iasql.alias)"""
    assert site.engine.execute(held).fetchone() == (1, 1, 2)
    number = int(one(user, "select id from iasql_audit_log where change->'change'->>'mail' = 'ada@example.org'"))
    redact(site.engine, number, ("change", "change", "mail"), "a person's address", everywhere=True)
    assert site.engine.execute(held).fetchone() == (0, 0, 1)


def test_everywhere(site: Site, row: int) -> None:
    redact(site.engine, row, PATH, "a person's address", everywhere=True)
    assert one(site.database.connect(), "select count(*) from iasql_audit_log where change::text like '%ada@%'") == 0
    assert one(site.database.connect(), "select redacted_rows from iasql_audit_verify()") == 2


def test_verification_by_key_wants_it_signed(site: Site, row: int) -> None:
    redact(site.engine, row, PATH, "to hide something")
    site.seal()
    folder = site.export()
    assert verify(folder).ok
    assert "the key has not signed that" in site.verify(folder).problems[0].reason


def test_another_edit_of_a_redacted_row_is_found(site: Site, row: int) -> None:
    redact(site.engine, row, PATH, "a person's address", site.key)
    site.attack(f"update iasql_audit_log set changed_by = 'nobody' where id = {row}")
    assert site.database.connect().execute("select ok, first_bad from iasql_audit_verify()").fetchone() == (False, row)
    assert site.verify(site.export()).first_bad == row


def test_without_a_reason_nothing_is_removed(site: Site, row: int) -> None:
    before = image(site, row)
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="needs a reason"):
        redact(site.engine, row, PATH, " ", site.key)
    assert image(site, row) == before


def test_twice_in_one_row(site: Site, row: int) -> None:
    redact(site.engine, row, PATH, "a person's address", site.key)
    redact(site.engine, row, ("change", "change", "tags", "n"), "a number", site.key)
    assert image(site, row)["change"]["tags"] == {"owner": BLOT, "n": BLOT}
    site.seal()
    assert site.verify(site.export()).problems == []
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="has no value at"):
        redact(site.engine, row, PATH, "again")


def test_what_the_table_still_has_is_refused(site: Site) -> None:
    user = site.database.connect()
    user.execute("insert into team (id, name, tags) values (8, 'ops', '{\"owner\": \"eve@example.org\"}')")
    number = int(one(user, "select max(id) from iasql_audit_log"))
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match="still has the value"):
        redact(site.engine, number, PATH, "too early")
    with pytest.raises(psycopg.errors.FeatureNotSupported, match="part of the key"):
        redact(site.engine, number, ("change", "change", "id"), "no")
    with pytest.raises(InvalidArgument, match="has no value"):
        redact(site.engine, number, ("change", "nothing"), "no")
    assert one(user, "select ok from iasql_audit_verify()")


def test_a_restore_leaves_alone_what_was_redacted(site: Site) -> None:
    user = site.database.connect()
    user.execute("insert into team (id, name, region, tags) values (9, 'old', 'a', '{\"owner\": \"x@example.org\"}')")
    at = now(user)
    user.execute("update team set region = 'b', tags = '{}' where id = 9")
    number = int(one(user, "select max(id) from iasql_audit_log where change_type = 'INSERT'"))
    redact(site.engine, number, PATH, "a person's address", everywhere=True)
    told = user.execute("select action, changes->>'note' from iasql_restore(%s)", [at]).fetchall()
    assert ("keep", "what it held was redacted: tags") in told
    assert user.execute("select region, tags from team where id = 9").fetchone() == ("a", {})


def test_only_the_engine_may(site: Site, row: int) -> None:
    for connection in site.database.person("iasql_user", "iasql_operator", "iasql_auditor"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("select iasql.redact(%s, %s, 'x', 'y')", [row, list(PATH)])
