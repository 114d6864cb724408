"""What a verification finds."""

from __future__ import annotations

import attrs

MOST = 100  # problems that are told


@attrs.frozen(kw_only=True)
class Problem:
    """Something that is not as it was sealed; `row` is the id of the first row that shows it, where one does."""

    reason: str
    row: int | None = None
    seal: int | None = None


@attrs.define(kw_only=True)
class Verdict:
    """What became of a verification."""

    rows: int = 0
    sealed: int = 0
    seals: int = 0
    signed_to: int | None = None
    signed_at: str | None = None
    published_to: int | None = None
    unsealed: int = 0
    unsealed_since: str | None = None
    redacted: int = 0
    archived: int = 0
    tables: int = 0
    problems: list[Problem] = attrs.field(factory=list)

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems

    @property
    def first_bad(self) -> int | None:
        """The first bad row."""
        return min((each.row for each in self.problems if each.row is not None), default=None)

    def blame(self, reason: str, row: int | None = None, seal: int | None = None) -> None:
        """Adds a problem."""
        if len(self.problems) < MOST:
            self.problems.append(Problem(reason=reason, row=row, seal=seal))

    def sort(self) -> None:
        """The first bad row first."""
        self.problems.sort(key=lambda each: (each.row is None, each.row or 0))
