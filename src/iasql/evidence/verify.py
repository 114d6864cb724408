"""Verification of an export, offline: its files, the public key, and what was published, if that is at hand.

Rows stream through once. The chain is rebuilt from them, so that whatever was edited, deleted, added or re-ordered
since its seal is found; signatures and published seals tell a rebuilt chain from the first one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import attrs

from iasql.evidence import chain as chains
from iasql.evidence.chain import Chain
from iasql.evidence.change import ROWS, Change, digest
from iasql.evidence.claims import Claims
from iasql.evidence.fold import Fold
from iasql.evidence.key import PublicKey
from iasql.evidence.place import Place
from iasql.evidence.redaction import Redaction
from iasql.evidence.seal import Seal
from iasql.evidence.source import Export
from iasql.evidence.verdict import Verdict

EVERY = 5000


@attrs.frozen(kw_only=True)
class Witnesses:
    """Who vouches for an export from outside: keys, published seals, and the archives of what lies before it."""

    keys: Sequence[PublicKey] = ()
    published: Place | None = None
    archives: Place | None = None


def verify(
    folder: Path, witnesses: Witnesses | None = None, progress: Callable[[int, int], None] = lambda done, total: None
) -> Verdict:
    """Everything that is wrong with an export, the first bad row first."""
    asked = witnesses or Witnesses()
    export = Export.at(folder, asked.archives)
    verdict = Verdict()
    seals = [Seal.of(told) for told in export.rows("seals")]
    chains.check_links(seals, verdict)
    chains.check_signatures(seals, asked.keys, export.log, export.exported_at, verdict)
    if asked.published is not None:
        chains.check_published(seals, asked.published, export.log, verdict)
    redactions = _redactions(export, asked.keys, verdict)
    with Fold() as fold, Claims() as claims:
        chain = Chain(verdict, {seal.number: seal for seal in seals})
        _Walk(chain, fold, claims, redactions, seals).through(export, progress)
        if export.tells_all:
            for number, reason in claims.strays():
                verdict.blame(reason, number)
        if export.is_open:
            for reason in fold.strays(export.rows("tables"), complete=export.is_complete):
                verdict.blame(reason)
        verdict.tables = fold.compared
    for name in export.altered():
        verdict.blame(f"the file {name} is not the one that the manifest names")
    verdict.archived = 0 if asked.archives else sum(each["rows"] for each in export.told["archives"])
    verdict.sort()
    return verdict


def _redactions(export: Export, keys: Sequence[PublicKey], verdict: Verdict) -> dict[int, Redaction]:
    """The last redaction of each row; one that nobody signed counts only where no key is given."""
    known = {key.id: key for key in keys}
    found: dict[int, Redaction] = {}
    for told in export.rows("redactions"):
        each = Redaction.of(told)
        if keys and not each.is_signed(export.log, known):
            verdict.blame(f"row {each.row} was redacted ({each.reason}), and the key has not signed that", each.row)
        found[each.row] = each
    return found


@attrs.define
class _Walk:
    """One way through all rows."""

    chain: Chain
    fold: Fold
    claims: Claims
    redactions: dict[int, Redaction]
    seals: Sequence[Seal]
    _before: int | None = None

    @property
    def verdict(self) -> Verdict:
        return self.chain.verdict

    def through(self, export: Export, progress: Callable[[int, int], None]) -> None:
        """Takes every row into account."""
        for change in export.changes():
            number = int(change["id"] or 0)
            if self._before is not None and number <= self._before:
                told = f"row {number} comes after row {self._before}: rows were re-ordered or doubled"
                self.verdict.blame(told, number)
            self._before = number
            if "missing" in change:
                self._stranger(change, number)
                continue
            self._row(change, number)
            if self.verdict.rows % EVERY == 0:
                progress(self.verdict.rows, export.total)
        self.chain.end()

    def _stranger(self, change: Change, number: int) -> None:
        """A row of which only the digest is here."""
        seal = int(change["seal"] or 0)
        if change["missing"] == "true":
            self.verdict.blame(f"row {number} was deleted", number, seal)
        self.chain.take(seal, number, change["leaf"] or "")

    def _row(self, change: Change, number: int) -> None:
        self.verdict.rows += 1
        if "transaction_message" in change:  # an archive has none of it
            self.claims.take(change)
        if change["change_type"] in ROWS:
            self.fold.take(change)
        if change["seal"] is None:
            self._unsealed(change, number)
            return
        seal = int(change["seal"])
        if digest(change) != self._expected(change, number, seal):
            self.verdict.blame(f"row {number} was changed", number, seal)
        self.verdict.sealed += 1
        self.chain.take(seal, number, change["leaf"] or "")

    def _expected(self, change: Change, number: int, seal: int) -> str | None:
        """The digest that the row must have now."""
        if change["redacted"] is None:
            return change["leaf"]
        self.verdict.redacted += 1
        record = self.redactions.get(number)
        if record is None or (record.digest, record.leaf) != (change["redacted"], change["leaf"]):
            self.verdict.blame(f"row {number} was changed (no redaction of it is on record)", number, seal)
        return change["redacted"]

    def _unsealed(self, change: Change, number: int) -> None:
        """A row that no seal covers: one that its last seal could have seen was added later."""
        self.verdict.unsealed += 1
        self.verdict.unsealed_since = self.verdict.unsealed_since or change["ts"]
        if self.seals and chains.visible(int(change["xact"] or 0), self.seals[-1].snapshot):
            self.verdict.blame(f"row {number} was added after seal {self.seals[-1].number}", number)
