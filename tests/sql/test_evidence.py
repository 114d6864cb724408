"""The tamper table: what somebody with all power over the database, or over an export, does; and who finds it."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable

import psycopg
import pytest

from iasql.errors import InvalidArgument
from iasql.evidence.key import PublicKey, generate
from iasql.evidence.publish import Publisher
from iasql.evidence.verify import Witnesses, verify
from tests.sql.conftest import one
from tests.sql.site import Site

FORMS = ("csv", "json", "parquet")


ROW = '(select id from iasql_audit_log where key = \'{"name": "a1"}\' limit 1)'
RESEAL = """
    update iasql.audit_leaf f set digest = iasql.leaf_of(l, f.salt) from iasql_audit_log l where l.id = f.log_id;
    do $$ declare s iasql.audit_seal; before bytea := ''; begin
      set local timezone = 'UTC';
      for s in select * from iasql.audit_seal order by number loop
        s.digest := iasql.seal_digest(s.number, s.low, s.high, before, s.snapshot, s.sealed_at,
          (select string_agg(digest, '' order by log_id) from iasql.audit_leaf where seal = s.number));
        update iasql.audit_seal x set digest = s.digest, previous = before where x.number = s.number;
        before := s.digest;
      end loop;
    end $$"""
EDIT = f"update iasql_audit_log set changed_by = 'nobody' where id = {ROW}"
ATTACKS = {
    "a row is edited": (EDIT, r"row \d+ was changed"),
    "a row is deleted": (f"delete from iasql_audit_log where id = {ROW}", r"row \d+ was deleted"),
    "a row is deleted with its leaf": (
        f"delete from iasql.audit_leaf where log_id = {ROW}; delete from iasql_audit_log where id = {ROW}",
        "1 of the 2 rows of seal 2 are missing",
    ),
    "the tail is deleted with its leaves and seals": (
        f"""delete from iasql_audit_log where id >= {ROW};
        delete from iasql.audit_leaf where seal >= 2; delete from iasql.audit_seal where number >= 2;
        delete from iasql.audit_signature where seal >= 2;
        delete from zone where name not in ('a0', 'b0'); update zone set note = 'x' where name = 'a0'""",
        "seal 2 was published and is not there: the tail was deleted",
    ),
    "the last seal is removed": (
        """delete from iasql.audit_leaf where seal = 3; delete from iasql.audit_seal where number = 3;
        delete from iasql.audit_signature where seal = 3""",
        "seal 3 was published and is not there: the tail was deleted",
    ),
    "two rows change places": (
        f"""update iasql_audit_log l set (key, change, ts) = (select o.key, o.change, o.ts from iasql_audit_log o
          where o.id = 2 * {ROW} + 1 - l.id) where l.id between {ROW} and {ROW} + 1""",
        r"row \d+ was changed",
    ),
    "a row is added": (
        f"""insert into iasql_audit_log overriding system value select -1, ts, xact, "user", changed_by, client_addr,
          application_name, origin, restores, table_name, change_type, '{{"name": "forged"}}', change, message,
          transaction_id from iasql_audit_log where id = {ROW}""",
        "row -1 was added after seal 3",
    ),
    "a seal is forged": (
        f"""{EDIT};
        update iasql.audit_leaf f set digest = iasql.leaf_of(l, f.salt) from iasql_audit_log l where l.id = f.log_id;
        update iasql.audit_seal s set digest = iasql.seal_digest(number, low, high, previous, snapshot, sealed_at,
          (select string_agg(digest, '' order by log_id) from iasql.audit_leaf where seal = s.number))
        where number = 2""",
        "the signature of seal 2 does not fit: the seal is forged",
    ),
    "the chain is made anew": (f"{EDIT}; {RESEAL}", "the signature of seal 2 does not fit: the seal is forged"),
    "the chain is made anew, unsigned": (
        f"{EDIT}; {RESEAL}; delete from iasql.audit_signature",
        "no seal is signed by the key",
    ),
    "an unproved redaction hides an edit": (
        f"""{EDIT}; update iasql.audit_leaf f set redacted = iasql.leaf_of(l, f.salt) from iasql_audit_log l
          where l.id = f.log_id and l.id = {ROW}""",
        "no redaction of it is on record",
    ),
    "a change goes around the triggers": (
        "update zone set note = 'silent' where name = 'b1'",
        "zone .*b1.* was changed, and the log does not know of it",
    ),
    "an insert goes around the triggers": ("insert into zone values ('silent')", "zone .*silent.* is new"),
    "a delete goes around the triggers": ("delete from zone where name = 'b2'", "zone .*b2.* is gone"),
    "the unsealed tail is deleted": (
        "delete from iasql_audit_log where id = (select max(id) from iasql_audit_log)",
        "zone .*a0.* was changed",
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_an_honest_export_verifies(site: Site, form: str) -> None:
    verdict = site.verify(site.export(form))
    assert verdict.problems == []
    assert (verdict.seals, verdict.signed_to, verdict.published_to, verdict.unsealed) == (3, 3, 3, 1)
    assert verdict.rows == one(site.database.connect(), "select count(*) from iasql_audit_log")
    assert verdict.tables > 6


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_was_done_to_the_database_is_found(site: Site, attack: str) -> None:
    statement, expected = ATTACKS[attack]
    site.attack(statement)
    verdict = site.verify(site.export())
    assert not verdict.ok
    reasons = "\n".join(each.reason for each in verdict.problems)
    assert one(site.database.connect(), "select %s ~ %s", reasons, expected), reasons
    ok, _ = site.database.connect().execute("select ok, reason from iasql_audit_verify()").fetchone()  # type: ignore[misc]
    assert ok == (attack in ONLY_OFFLINE)


ONLY_OFFLINE = {
    "the tail is deleted with its leaves and seals": "the published seals",
    "the last seal is removed": "the published seals",
    "the chain is made anew": "the key",
    "the chain is made anew, unsigned": "the key",
}
"""What SQL cannot see, and what shows it."""


def test_another_key_is_found(site: Site) -> None:
    """Somebody signs everything anew with a key of his own."""
    site.attack(f"{EDIT}; {RESEAL}; delete from iasql.audit_signature")
    Publisher(key=generate(site.folder / "other")).catch_up(site.engine)
    verdict = verify(site.export(), Witnesses(keys=[site.key.public]))
    assert "is signed by another key" in verdict.problems[0].reason
    assert verify(site.export(), Witnesses(keys=[PublicKey.read(site.folder / "other.pub")])).ok
    anew = site.verify(site.export())
    assert any("the chain was made anew" in each.reason for each in anew.problems)


def test_the_first_bad_row_is_named(site: Site) -> None:
    number = one(site.database.connect(), f"select {ROW}")
    site.attack(EDIT)
    assert site.verify(site.export()).first_bad == number


def _without_a_row(rows: list[list[str]]) -> list[list[str]]:
    return [row for row in rows if '"b1"' not in str(row)]


def _edited(rows: list[list[str]]) -> list[list[str]]:
    return [[cell.replace('"y"', '"z"') if '"b1"' in str(row) else cell for cell in row] for row in rows]


def _swapped(rows: list[list[str]]) -> list[list[str]]:
    return [*rows[:-2], rows[-1], rows[-2]]


FILES: dict[str, Callable[[list[list[str]]], list[list[str]]]] = {
    "a row is taken out": _without_a_row,
    "a row is edited": _edited,
    "two rows change places": _swapped,
}


@pytest.mark.parametrize("how", FILES)
def test_what_was_done_to_an_export_is_found(site: Site, how: str) -> None:
    """Also by who makes the manifest fit."""
    folder = site.export()
    path = folder / "changes.csv"
    with path.open(newline="") as file:
        rows = list(csv.reader(file))
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(FILES[how](rows))
    verdict = site.verify(folder)
    assert "the file changes.csv is not the one that the manifest names" in {each.reason for each in verdict.problems}
    assert any(each.row is not None for each in verdict.problems)


def test_no_export_is_taken_for_one(site: Site) -> None:
    with pytest.raises(psycopg.Error):
        site.database.connect("iasql_writer").execute("select * from iasql.audit_leaf")
    folder = site.export()
    shutil.rmtree(folder)
    with pytest.raises(InvalidArgument, match="holds no export"):
        verify(folder)
