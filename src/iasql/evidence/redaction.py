"""One value that was removed from the log: the record, and what its signature is made of."""

from __future__ import annotations

import json
from collections.abc import Mapping

import attrs

from iasql.evidence.change import Change
from iasql.evidence.key import PublicKey

FORMAT = "iasql-redaction-1"


@attrs.frozen(kw_only=True)
class Redaction:
    """Of a row's value at a path; `leaf` is the row's first digest, `digest` the one that it has since."""

    row: int
    path: tuple[str, ...]
    reason: str
    leaf: str
    digest: str
    key_id: str | None = None
    signature: str | None = None

    @classmethod
    def of(cls, told: Change) -> Redaction:
        """A record of an export."""
        return cls(
            row=int(told["row"] or 0), path=tuple(json.loads(told["path"] or "[]")), reason=told["reason"] or "",
            leaf=told["leaf"] or "", digest=told["digest"] or "", key_id=told["key_id"], signature=told["signature"],
        )  # fmt: skip

    def message(self, log: str) -> bytes:
        """What is signed."""
        told = [log, self.row, list(self.path), self.reason, self.leaf, self.digest]
        return f"{FORMAT}\n{json.dumps(told)}".encode()

    def is_signed(self, log: str, keys: Mapping[str, PublicKey]) -> bool:
        """Whether one of these keys has signed it."""
        key = keys.get(self.key_id or "")
        return key is not None and self.signature is not None and key.signed(self.message(log), self.signature)
