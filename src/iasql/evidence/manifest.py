"""The manifest of an export: where it comes from, what is in it, how many rows, and the digest of each file."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs

from iasql.evidence.change import COLUMNS
from iasql.evidence.formats import Values

FORMAT = "iasql-evidence-1"
NAME = "manifest.json"
ARCHIVED = "changes.parquet"
_ID, _TS, _TYPE = (COLUMNS.index(name) for name in ("id", "ts", "change_type"))
_SHARED, _SEAL, _REDACTED = (COLUMNS.index(name) for name in ("shared_login", "seal", "redacted"))


@attrs.frozen(kw_only=True)
class Range:
    """Ids from low to below high, as an archive holds them."""

    low: int
    high: int

    def folder(self, log: str) -> str:
        """Where such an archive is kept."""
        return f"{log}/archive/{self.low:015d}-{self.high:015d}"


@attrs.define(kw_only=True)
class Counted:
    """How many rows a file has."""

    rows: int = 0

    def of(self, path: Path) -> dict[str, Any]:
        """What a manifest says of the file."""
        return {"rows": self.rows, "bytes": path.stat().st_size, "sha256": sha256(path)}


@attrs.define(kw_only=True)
class Manifest:
    """What a folder of evidence says of itself."""

    iasql: str
    form: str
    log: str
    database: str
    server: str
    exported_at: str
    exported_by: str
    since: str | None
    until: str | None
    complete: bool
    archives: list[dict[str, Any]]
    settings: dict[str, str]
    modes: list[dict[str, Any]]
    last_seal: int = 0
    first: dict[str, str | None] | None = None
    last: dict[str, str | None] | None = None
    changes: dict[str, int] = attrs.field(factory=dict)
    unsealed: int = 0
    redacted: int = 0
    by_shared_logins: int = 0
    sample: dict[str, Any] | None = None
    files: dict[str, dict[str, Any]] = attrs.field(factory=dict)

    def count(self, rows: Sequence[Values]) -> None:
        """Takes rows of the log into account."""
        kinds = Counter(str(row[_TYPE]) for row in rows)
        for kind, number in kinds.items():
            self.changes[kind] = self.changes.get(kind, 0) + number
        self.unsealed += sum(row[_SEAL] is None for row in rows)
        self.redacted += sum(row[_REDACTED] is not None for row in rows)
        self.by_shared_logins += sum(row[_SHARED] == "true" for row in rows)
        ends = [{"id": row[_ID], "ts": row[_TS]} for row in (rows[0], rows[-1])]
        self.first, self.last = self.first or ends[0], ends[1]

    def write(self, folder: Path) -> None:
        """Ends an export: without its manifest it is none."""
        text = json.dumps({"format": FORMAT, **attrs.asdict(self)}, indent=2, ensure_ascii=False)
        (folder / NAME).write_text(text + "\n", encoding="utf-8")


def sha256(path: Path) -> str:
    """The digest of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
