"""How rows of ours refer to one row: by a column, or by a member of an array."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

import attrs

from iasql.db import rows
from iasql.engine.context import Context
from iasql.plan.merge import Difference
from iasql.plan.state import Handle, Image
from iasql.resource import Resource

Holders: TypeAlias = dict[tuple[str, str], dict[Any, list[Handle]]]
"""By table and column: what rows hold there, and which rows."""


@attrs.frozen(kw_only=True)
class Referring:
    """A column by which rows refer to one row, and what they hold then: in an array, any of these members."""

    resource: Resource
    column: str
    values: frozenset[Any]
    listed: bool = False

    def held(self, image: Image) -> Iterable[Any]:
        """What a row holds there."""
        value = image.get(self.column)
        return (value or ()) if self.listed else (value,)

    def rows(self, context: Context) -> list[Image]:
        """The rows of ours that refer so."""
        if self.listed:
            return rows.having(context.connection, self.resource.table, self.column, sorted(self.values))
        return rows.read(context.connection, self.resource.table, [{self.column: value} for value in self.values])


def referring(context: Context, difference: Difference) -> list[Referring]:
    """How others refer to this row."""
    target, image = difference.resource, (difference.ours.image if difference.ours else None) or {}
    found = []
    for resource in context.resources.values():
        for reference in resource.references:
            value = image.get(reference.target_column)
            if reference.table == target.table and value is not None:
                found.append(Referring(resource=resource, column=reference.column, values=frozenset({value})))
        for listed in resource.lists:
            if listed.table == target.table:
                told = (image.get(listed.target_column), image.get(target.stand_in(listed.target_column) or ""))
                values = frozenset(str(value) for value in told if value is not None)
                found.append(Referring(resource=resource, column=listed.column, values=values, listed=True))
    return found


def holding(found: Mapping[Handle, Difference], link: Referring, known: Holders) -> list[Handle]:
    """The rows that refer so; what each column holds is looked up once for all that is asked."""
    place = (link.resource.table, link.column)
    if place not in known:
        known[place] = defaultdict(list)
        for name, each in found.items():
            if each.resource is link.resource and each.ours is not None:
                for value in link.held(each.ours.image or {}):
                    known[place][value].append(name)
    return list(dict.fromkeys(name for value in link.values for name in known[place].get(value, ())))
