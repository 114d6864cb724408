"""Which row an agreement means by now that tells of a deleted one, in whose place another stands.

Both stand for one resource, so that nobody has moved what refers to it. The next step is `iasql.engine.sides`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

import attrs
import psycopg

from iasql.log import agreement
from iasql.plan.state import Json, Key, Ours
from iasql.resource import Reference, Resource


@attrs.define(kw_only=True)
class Heirs:
    """Rows in the place of deleted ones: those that this verb has met, and those that the log tells of."""

    connection: psycopg.Connection
    resources: Mapping[str, Resource]
    _met: dict[tuple[str, str], dict[Json, Json]] = attrs.field(factory=lambda: defaultdict(dict), init=False)
    """By table and column: the value of a deleted row, and that of the one in its place."""

    def learn(self, resource: Resource, rows: Iterable[Ours]) -> None:
        """Remembers which of these rows stand in a deleted one's place."""
        for row in rows:
            for column, value in (row.former or {}).items():
                self._met[resource.table, column][value] = row.key[column]

    def meant(self, resource: Resource, rows: Iterable[Ours]) -> list[Ours]:
        """The rows, agreed on the references that are meant by now."""
        found = list(rows)
        for reference in resource.references:
            if not reference.translated or reference.table not in self.resources:
                continue
            now = self._now(reference, set(_astray(reference, found)))
            found = [_evolved(reference, row, now) for row in found] if now else found
        return found

    def _now(self, reference: Reference, values: set[Json]) -> dict[Json, Json]:
        """Of these values those that name deleted rows, and what names the rows in their place."""
        column = reference.target_column
        keys: list[Key] = [{column: value} for value in values]
        told = agreement.heirs(self.connection, reference.table, keys) if keys else []
        met = self._met[reference.table, column]
        return {key[column]: heir[column] for key, heir in told} | {v: met[v] for v in values & met.keys()}


def _astray(reference: Reference, rows: Iterable[Ours]) -> Iterator[Json]:
    """What rows agreed to refer to and do not any more: nothing else can mean a deleted row."""
    for row in rows:
        value = (row.agreed or {}).get(reference.column)
        if value is not None and value != (row.image or {}).get(reference.column):
            yield value


def _evolved(reference: Reference, row: Ours, now: Mapping[Json, Json]) -> Ours:
    agreed = row.agreed or {}
    value = agreed.get(reference.column)
    return attrs.evolve(row, agreed={**agreed, reference.column: now[value]}) if value in now else row
