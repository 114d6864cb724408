"""An export that is read: its manifest, its rows, and the archives that lie before it."""

from __future__ import annotations

import heapq
import json
import tempfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import attrs

from iasql.errors import InvalidArgument
from iasql.evidence import manifest as manifests
from iasql.evidence.change import Change
from iasql.evidence.formats import Format, named
from iasql.evidence.place import Place

SUFFIXES = {"csv": "csv", "ndjson": "json", "parquet": "parquet"}


@attrs.frozen
class Export:
    """A folder of evidence; `archives` is where what lies before it is kept, if that is to be read too."""

    folder: Path
    told: dict[str, Any]
    form: Format
    archives: Place | None = None

    @classmethod
    def at(cls, folder: Path, archives: Place | None = None) -> Export:
        """The export in a folder; raises InvalidArgument where there is none that is whole."""
        try:
            told = json.loads((folder / manifests.NAME).read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise InvalidArgument(f"{folder} holds no export: it has no {manifests.NAME}") from None
        if told.get("format") != manifests.FORMAT:
            raise InvalidArgument(f"{folder} is of another format: {told.get('format')}")
        return cls(folder, told, named(SUFFIXES[told["form"]]), archives)

    @property
    def log(self) -> str:
        """Which log it is of."""
        return str(self.told["log"])

    @property
    def exported_at(self) -> datetime:
        """As of when."""
        return datetime.fromisoformat(self.told["exported_at"])

    @property
    def total(self) -> int:
        """How many changes there are."""
        before = sum(each["rows"] for each in self.told["archives"]) if self.archives else 0
        return int(before + sum(self.told["changes"].values()))

    @property
    def is_open(self) -> bool:
        """Whether it reaches to its end of the log, so that the tables must be what it says."""
        return self.told["until"] is None

    @property
    def is_complete(self) -> bool:
        """Whether it tells of every row there is."""
        from_the_start = self.archives is not None and self.told["since"] is None
        return bool(self.told["complete"]) or (from_the_start and self.is_open)

    @property
    def tells_all(self) -> bool:
        """Whether every row of the log is in its own files."""
        return bool(self.told["complete"])

    def rows(self, name: str) -> Iterator[Change]:
        """The rows of one of its files; none when it has no such file."""
        path = self.folder / f"{name}.{self.form.suffix}"
        if path.exists():
            yield from self.form.read(path)

    def changes(self) -> Iterator[Change]:
        """What the archives hold, then its changes, and digests of others that the same seals cover, by id."""
        yield from self._archived()
        both: Iterable[Iterator[Change]] = (self.rows("changes"), self.rows("strangers"))
        yield from heapq.merge(*both, key=lambda change: int(change["id"] or 0))

    def altered(self) -> Iterator[str]:
        """The files that are not what the manifest says."""
        for name, told in self.told["files"].items():
            path = self.folder / name
            if not path.exists() or manifests.sha256(path) != told["sha256"]:
                yield name

    def _archived(self) -> Iterator[Change]:
        if self.archives is None:
            return
        for each in self.told["archives"]:
            span = manifests.Range(low=each["low"], high=each["high"] + 1)
            with tempfile.TemporaryDirectory(prefix="iasql-verify-") as folder:
                file = Path(folder) / manifests.ARCHIVED
                self.archives.fetch(f"{span.folder(self.log)}/{manifests.ARCHIVED}", file)
                yield from named("parquet").read(file)
