"""Which cloud id each member of an array stands for now: arrays name rows of other tables by the ids that AWS gave.

A member may be the key of a row that has no id yet, or an id that the row had before it was replaced. The next step
is `iasql.engine.links`, which translates whole images.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

import attrs
import psycopg

from iasql.db import rows
from iasql.db.ddl import with_region
from iasql.log import agreement
from iasql.plan.state import Image, Key, key_of
from iasql.resource import Reference, Resource

Name: TypeAlias = tuple[str, str, Any, str]
"""A table, the column by which its rows are members, the region where that matters, and the member."""


@attrs.define(kw_only=True)
class Members:
    """A lazily filled map from members of arrays to the ids that they stand for."""

    connection: psycopg.Connection
    resources: Mapping[str, Resource]
    _key: dict[Name, str] = attrs.field(factory=dict, init=False)
    _id: dict[Name, str] = attrs.field(factory=dict, init=False)
    """The id that the row with a key has now, under the key's own name."""
    _rows: dict[Name, Key] = attrs.field(factory=dict, init=False)
    """The rows that had no id yet when they were met."""
    _ways: dict[str, set[tuple[str, bool]]] = attrs.field(init=False)
    """Table -> by which columns its rows are members of arrays, and whether with their region."""

    @_ways.default
    def _find_ways(self) -> dict[str, set[tuple[str, bool]]]:
        found: dict[str, set[tuple[str, bool]]] = defaultdict(set)
        for resource in self.resources.values():
            for listed in self._translated(resource):
                found[listed.table].add((listed.target_column, with_region(resource, listed, self.resources)))
        return found

    def learn(self, resource: Resource, image: Mapping[str, Any]) -> None:
        """Takes over how a row of ours may be named, and the id that it has."""
        for column, regional in self._ways.get(resource.table, ()):
            stand_in = resource.stand_in(column)
            if stand_in is None or image.get(stand_in) is None:
                continue
            key, place = str(image[stand_in]), image.get("region") if regional else None
            own = (resource.table, column, place, key)
            self._key[own] = key
            if image.get(column) is not None:
                self._key[resource.table, column, place, str(image[column])] = key
                self._id[own] = str(image[column])
            elif all(name in image for name in resource.primary_key):
                self._rows[own] = key_of(resource, dict(image))

    def succeed(self, resource: Resource, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
        """Lets the id of a row that was replaced stand for what took its place, also where that has another key."""
        for column, regional in self._ways.get(resource.table, ()):
            stand_in = resource.stand_in(column)
            if stand_in is not None and before.get(column) is not None and after.get(stand_in) is not None:
                place = before.get("region") if regional else None
                self._key[resource.table, column, place, str(before[column])] = str(after[stand_in])

    def load(self, resource: Resource, images: Iterable[Image]) -> None:
        """Reads from the tables, and where those do not tell from the log, what members of these images stand for."""
        chosen = list(images)
        for listed in self._translated(resource):
            named = {name for image in chosen for name in self._names(resource, listed, image)}
            names = [name for name in named if not (listed.others and re.match(listed.others, name[3]))]
            for look in (self._by_id, self._by_key, self._by_log):
                missing = [name for name in names if name not in self._key]
                if missing:
                    look(self.resources[listed.table], missing)

    def to_cloud(self, resource: Resource, image: Image) -> Image:
        """The arrays of an image with the ids that its members stand for now; rows that have none yet are left out."""
        return {
            listed.column: [told for name in self._names(resource, listed, image) if (told := self._told(name))]
            for listed in self._translated(resource)
            if image.get(listed.column) is not None
        }

    def without_id(self, resource: Resource, image: Image) -> Iterator[tuple[str, Key]]:
        """Table and key of the rows that members of an image stand for and that AWS has given no id yet."""
        for listed in self._translated(resource):
            for name in self._names(resource, listed, image):
                key = self._key.get(name)
                own = (*name[:3], key or "")
                if key is not None and own not in self._id and own in self._rows:
                    yield listed.table, self._rows[own]

    def _told(self, name: Name) -> str | None:
        key = self._key.get(name)
        return name[3] if key is None else self._id.get((*name[:3], key))

    def _names(self, resource: Resource, listed: Reference, image: Image) -> list[Name]:
        place = image.get("region") if with_region(resource, listed, self.resources) else None
        members = image.get(listed.column) or ()
        return [(listed.table, listed.target_column, place, str(member)) for member in members]

    def _by_id(self, target: Resource, names: Iterable[Name]) -> None:
        self._read(target, [{column: member} | _where(place) for _, column, place, member in names])

    def _by_key(self, target: Resource, names: Iterable[Name]) -> None:
        asked = []
        for _, column, place, member in names:
            stand_in = target.stand_in(column) or ""
            # what the key's type would not take is no key
            if not target.has_surrogate or (member.isdecimal() and len(member) < 10):
                asked.append({stand_in: member} | _where(place))
        self._read(target, asked)

    def _by_log(self, target: Resource, names: Iterable[Name]) -> None:
        asked = {name: {name[1]: name[3]} | _where(name[2]) for name in names}
        known = agreement.last_keys(self.connection, target.table, asked.values())
        self._read(target, [key for _, key in known])
        for name, identity in asked.items():
            key = next((key for told, key in known if told == identity), None)
            stand_in = target.stand_in(name[1])
            if key is not None and stand_in is not None and (*name[:3], str(key[stand_in])) in self._key:
                self._key[name] = str(key[stand_in])

    def _read(self, target: Resource, keys: list[Image]) -> None:
        for image in rows.read(self.connection, target.table, keys):
            self.learn(target, image)

    def _translated(self, resource: Resource) -> list[Reference]:
        return [
            listed
            for listed in resource.lists
            if listed.table in self.resources and self.resources[listed.table].stand_in(listed.target_column)
        ]


def _where(place: Any) -> Image:
    return {} if place is None else {"region": place}
