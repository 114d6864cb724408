"""Evidence: an honest export verifies, and of everything in the tamper table the tests know who finds it."""

from __future__ import annotations

import re
import shutil
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from iasql.errors import InvalidArgument
from iasql.evidence.export import export
from iasql.evidence.key import PublicKey
from iasql.evidence.verdict import Verdict
from iasql.evidence.verify import Witnesses, verify
from tests.sql.attacks import ATTACKS, EDIT, FORGERIES, KEY, ROW, WITNESSES, Files, table
from tests.sql.conftest import one
from tests.sql.site import Site

FORMS = ("csv", "json", "parquet")
TOLD = "select to_jsonb(max({})) #>> '{{}}' from {}"
PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "evidence.md"


def verdicts(site: Site, folder: Path) -> list[Verdict]:
    """What comes out with each of WITNESSES, and those before it."""
    keys = [site.key.public]
    asked = [Witnesses(), Witnesses(keys=keys), Witnesses(keys=keys, published=site.to)]
    return [verify(folder, each) for each in asked]


def finds(found: list[Verdict], by: int, said: str) -> None:
    """It is found by this witness, and by none that has less; what is said of it fits."""
    assert [each.ok for each in found] == [number < by for number in range(len(WITNESSES))]
    reasons = "\n".join(each.reason for each in found[by].problems)
    assert re.search(said, reasons), reasons


@pytest.mark.parametrize("form", FORMS)
def test_an_honest_export_verifies(site: Site, form: str) -> None:
    verdict = site.verify(site.export(form))
    assert verdict.problems == []
    assert (verdict.seals, verdict.signed_to, verdict.published_to, verdict.unsealed) == (3, 3, 3, 1)
    assert verdict.signed_at == one(site.engine, TOLD.format("sealed_at", "iasql.audit_seal"))
    assert verdict.unsealed_since == one(site.engine, TOLD.format("ts", "public.iasql_audit_log"))
    assert verdict.rows == one(site.database.connect(), "select count(*) from iasql_audit_log")
    assert verdict.tables > 6


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_was_done_to_the_database_is_found(site: Site, attack: str) -> None:
    told = ATTACKS[attack]
    told.do(site)
    finds(verdicts(site, site.export()), told.by, told.said)
    (ok,) = site.database.connect().execute("select ok from iasql_audit_verify()").fetchone() or (None,)
    assert ok == (not told.in_sql)


@pytest.mark.parametrize("forgery", FORGERIES)
def test_what_was_done_to_an_export_is_found(site: Site, forgery: str) -> None:
    """Also where the manifest fits; where it does not, that is told as well."""
    told = FORGERIES[forgery]
    folder = site.export()
    manifest = (folder / "manifest.json").read_bytes()
    told.done(Files(folder))
    finds(verdicts(site, folder), told.by, told.said)
    (folder / "manifest.json").write_bytes(manifest)
    reasons = {each.reason for each in verify(folder).problems}
    assert any(reason.endswith("is not the one that the manifest names") for reason in reasons)


def test_the_tamper_table_tells_what_the_tests_do() -> None:
    text = PAGE.read_text()
    assert "\n".join(table()) in text, "the table in docs/how-to/evidence.md must be:\n" + "\n".join(table())


def test_whoever_trusts_another_key_is_taken_in(site: Site) -> None:
    """But for what was published."""
    ATTACKS["the chain is made anew and signed with another key"].do(site)
    folder, other = site.export(), [PublicKey.read(site.folder / "other.pub")]
    assert verify(folder, Witnesses(keys=other)).ok
    anew = verify(folder, Witnesses(keys=other, published=site.to))
    assert any("the chain was made anew" in each.reason for each in anew.problems)


def test_the_first_bad_row_is_named(site: Site) -> None:
    number = one(site.database.connect(), f"select {ROW}")
    site.attack(EDIT)
    assert [each.first_bad for each in verdicts(site, site.export())] == [number] * (KEY + 2)


def test_a_window_that_ends_before_it_begins_is_refused(site: Site, tmp_path: Path) -> None:
    begin, end = datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)
    with site.database.connect() as reader, pytest.raises(InvalidArgument, match="nothing lies between"):
        export(reader, tmp_path / "none", "csv", since=begin, until=end)
    assert not (tmp_path / "none").exists()


def test_no_export_is_taken_for_one(site: Site) -> None:
    with pytest.raises(psycopg.Error):
        site.database.connect("iasql_writer").execute("select * from iasql.audit_leaf")
    folder = site.export()
    shutil.rmtree(folder)
    with pytest.raises(InvalidArgument, match="holds no export"):
        verify(folder)
