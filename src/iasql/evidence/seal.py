"""One seal as evidence: the link of a chain over the digests of rows, and the text that its signature is made of."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import attrs

FORMAT = "iasql-seal-1"


@attrs.frozen(kw_only=True)
class Seal:
    """A link of the chain; digests are hex, times are ISO 8601 in UTC."""

    number: int
    low: int
    high: int
    leaves: int
    previous: str
    digest: str
    snapshot: str
    sealed_at: str
    key_id: str | None = None
    signature: str | None = None

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Seal:
        """A seal of the database, of an export or of a published file, whatever else stands there."""
        numbers: dict[str, Any] = {name: int(told[name]) for name in ("number", "low", "high", "leaves")}
        texts: dict[str, Any] = {
            name: told[name] for name in ("digest", "snapshot", "sealed_at", "key_id", "signature")
        }
        return cls(**numbers, **texts, previous=told["previous"] or "")

    def begin(self) -> hashlib._Hash:
        """The digest as far as it does not depend on the rows; their digests follow in the order of their ids."""
        head = [self.number, self.low, self.high, self.snapshot, self.sealed_at]
        return hashlib.sha256(bytes.fromhex(self.previous) + json.dumps(head).encode())

    def message(self, log: str) -> bytes:
        """What is signed: this link, of this log."""
        return "\n".join((FORMAT, log, str(self.number), self.previous, self.digest, self.sealed_at)).encode()

    def public(self, log: str) -> dict[str, Any]:
        """What is published of it."""
        return {"format": FORMAT, "log": log, **attrs.asdict(self)}
