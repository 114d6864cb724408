"""A set that AWS tells and takes whole while each member is a row: the security groups of a database."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import attrs

from iasql.resource.call import Handwritten, takes


@attrs.frozen(kw_only=True)
class Whole:
    """How rows join and leave such a set: what AWS has now is read, changed by one member, and sent again.

        GROUPS = Whole(holder="rds_id", member="security_group_id", held=groups_of, put=put_groups)
        Resource(RdsSecurityGroups, **GROUPS.writing, ...)

    holder, member   the columns that name the row whose set it is, and what is in it
    held     `(client, holder) -> members`, as AWS has them now
    put      `(client, holder, members)`, all of them
    """

    holder: str
    member: str
    held: Callable[[Any, str], Iterable[str]]
    put: Callable[[Any, str, list[str]], Any]

    @property
    def join(self) -> Handwritten:
        """Adds a member, unless it is there already."""

        @takes(self.holder, self.member)
        def join(client: Any, row: Mapping[str, Any]) -> None:
            """Adds it to those that are there, and sends them all"""
            held = set(self.held(client, row[self.holder]))
            if row[self.member] not in held:
                self.put(client, row[self.holder], sorted(held | {row[self.member]}))

        return join

    @property
    def leave(self) -> Handwritten:
        """Takes a member away, if it is there."""

        @takes(self.holder, self.member)
        def leave(client: Any, row: Mapping[str, Any]) -> None:
            """Takes it out of those that are there, and sends the rest"""
            held = set(self.held(client, row[self.holder]))
            if row[self.member] in held:
                self.put(client, row[self.holder], sorted(held - {row[self.member]}))

        return leave

    @property
    def writing(self) -> dict[str, Any]:
        """What a resource says of how its rows are written: alone, or with a holder that is new too."""
        return {"create": self.join, "delete": self.leave, "repeatable": True,
                "one_by_one": self.holder, "made_with": self.holder}  # fmt: skip
