"""The chain of seals, rebuilt from rows that pass by once; and who vouches for it: a key, and what was published."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import attrs

from iasql.evidence import publish
from iasql.evidence.key import PublicKey
from iasql.evidence.place import Place
from iasql.evidence.seal import Seal
from iasql.evidence.verdict import Verdict

SIGNED_WITHIN = timedelta(minutes=5)


@attrs.define
class Chain:
    """The seals whose rows are passing by."""

    verdict: Verdict
    seals: dict[int, Seal]
    _open: dict[int, tuple[Any, int]] = attrs.field(factory=dict)

    def take(self, number: int, row: int, leaf: str) -> None:
        """One more digest of a seal, in the order of ids."""
        seal = self.seals.get(number)
        if seal is None:
            self.verdict.blame(f"row {row} claims seal {number}, which is not there", row, number)
            return
        running, seen = self._open.pop(number, None) or (seal.begin(), 0)
        running.update(bytes.fromhex(leaf))
        if seen + 1 < seal.leaves:
            self._open[number] = (running, seen + 1)
            return
        self.verdict.seals += 1
        if running.hexdigest() != seal.digest:
            self.verdict.blame(f"seal {number} was changed, or what it covers", seal.low, number)

    def end(self) -> None:
        """What is missing in the end."""
        for number, (_, seen) in self._open.items():
            seal = self.seals[number]
            lost = seal.leaves - seen
            self.verdict.blame(f"{lost} of the {seal.leaves} rows of seal {number} are missing", seal.low, number)


def check_links(seals: Sequence[Seal], verdict: Verdict) -> None:
    """Each seal names the one before."""
    number, digest = 0, ""
    for seal in seals:
        if seal.number != number + 1 or seal.previous != digest:
            verdict.blame(f"seal {seal.number} does not follow seal {number}", seal.low, seal.number)
        number, digest = seal.number, seal.digest


def check_signatures(
    seals: Sequence[Seal], keys: Sequence[PublicKey], log: str, seen: datetime, verdict: Verdict
) -> None:
    """A signature vouches for its seal and, by the chain, for all before it; the newest may wait for theirs."""
    known = {key.id: key for key in keys}
    for seal in seals if keys else ():
        if seal.signature is None:
            continue
        key = known.get(seal.key_id or "")
        if key is None:
            verdict.blame(f"seal {seal.number} is signed by another key, {seal.key_id}", seal.low, seal.number)
        elif not key.signed(seal.message(log), seal.signature):
            forged = f"the signature of seal {seal.number} does not fit: the seal is forged"
            verdict.blame(forged, seal.low, seal.number)
        else:
            verdict.signed_to, verdict.signed_at = seal.number, seal.sealed_at
    if keys and seals:
        _check_tail([seal for seal in seals if seal.number > (verdict.signed_to or 0)], seen, verdict)


def _check_tail(unsigned: Sequence[Seal], seen: datetime, verdict: Verdict) -> None:
    if verdict.signed_to is None:
        verdict.blame("no seal is signed by the key", unsigned[0].low)
        return
    late = [s for s in unsigned if s.signature is None and seen - datetime.fromisoformat(s.sealed_at) > SIGNED_WITHIN]
    if late:
        verdict.blame(f"seals {late[0].number} to {late[-1].number} are not signed", late[0].low, late[0].number)


def check_published(seals: Sequence[Seal], place: Place, log: str, verdict: Verdict) -> None:
    """What was published stays: a seal that is gone or another one since shows that the log was changed."""
    ours = {seal.number: seal for seal in seals}
    for number, published in publish.published(place, log):
        seal = ours.get(number)
        if seal is None:
            low = seals[-1].high + 1 if seals else 1
            verdict.blame(f"seal {number} was published and is not there: the tail was deleted", low, number)
        elif seal.digest != published:
            anew = f"seal {number} is not the one that was published: the chain was made anew"
            verdict.blame(anew, seal.low, number)
        verdict.published_to = number
    if verdict.published_to is None:
        verdict.blame(f"nothing of this log was published to {place}")


def visible(xact: int, snapshot: str) -> bool:
    """Whether a transaction had ended when the snapshot was taken (pg_visible_in_snapshot)."""
    low, high, running = snapshot.split(":")
    return xact < int(low) or (xact < int(high) and str(xact) not in running.split(","))
