"""A random sample of the changes that users made, as auditors draw it: the same for whoever has the seed.

Each change gets the number sha256("seed:id"); the smallest numbers are the sample. So it can be drawn anew from any
export of the same window, with any tool.
"""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Sequence
from typing import Any

import attrs

from iasql.evidence.change import COLUMNS, ROWS
from iasql.evidence.formats import Values

METHOD = "the smallest of sha256(seed:id) among changes of rows (INSERT, UPDATE, DELETE) with origin user"
_ID, _TYPE, _ORIGIN = (COLUMNS.index(name) for name in ("id", "change_type", "origin"))


@attrs.define
class Sample:
    """A sample of `size` changes that is being drawn."""

    size: int
    seed: str
    population: int = attrs.field(default=0, init=False)
    _kept: list[tuple[int, int, Values]] = attrs.field(factory=list, init=False)

    def see(self, rows: Sequence[Values]) -> None:
        """Takes rows of the log into account."""
        for row in rows:
            if row[_TYPE] in ROWS and row[_ORIGIN] == "user":
                self.population += 1
                item = (-rank(self.seed, str(row[_ID])), int(row[_ID] or 0), row)
                if len(self._kept) < self.size:
                    heapq.heappush(self._kept, item)
                else:
                    heapq.heappushpop(self._kept, item)

    def drawn(self) -> list[Values]:
        """The rows, by id."""
        return [row for _, _, row in sorted(self._kept, key=lambda item: item[1])]

    def told(self) -> dict[str, Any]:
        """What the manifest says of it."""
        return {"size": len(self._kept), "seed": self.seed, "population": self.population, "method": METHOD}


def rank(seed: str, number: str) -> int:
    """Where a change comes in the order of this seed."""
    return int.from_bytes(hashlib.sha256(f"{seed}:{number}".encode()).digest())
