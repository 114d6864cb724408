"""What need not be asked about a row when it is read: values that are known, columns that nobody is interested in."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from iasql.resource import Image


@attrs.frozen(kw_only=True)
class Known:
    """Values in cloud domain, by column; `wanted` names the only other columns of interest, or None: all are.

    It is about columns that AWS keeps behind calls of their own; the rest comes with the row whether wanted or not. A
    column that is neither known nor wanted is not in the image. `row` is all of it, where nothing need be asked.
    """

    values: Image = attrs.field(factory=dict)
    wanted: frozenset[str] | None = None
    row: Image | None = None

    def tells(self, columns: Iterable[str]) -> bool:
        """Whether the values of all of these columns are known."""
        return all(name in self.values for name in columns)

    def wants(self, columns: Iterable[str]) -> bool:
        """Whether anybody is interested in one of these columns."""
        return self.wanted is None or not self.wanted.isdisjoint(columns)


NOTHING = Known()
