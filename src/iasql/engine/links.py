"""Which cloud id each of our keys stands for, both ways.

Tables refer to rows by our keys, calls by cloud ids. Links translate whole images between the two. The next
step is `iasql.engine.sides`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import attrs
import psycopg

from iasql.db import rows
from iasql.engine.members import Members
from iasql.plan.state import Image
from iasql.resource import Reference, Resource


@attrs.frozen
class Unresolved:
    """A cloud id that no row of ours has: of another account, or of a type that is not installed."""

    cloud_id: str


@attrs.define(kw_only=True)
class Links:
    """A lazily filled map between our keys and cloud ids, for references whose two values differ."""

    connection: psycopg.Connection
    resources: Mapping[str, Resource]
    members: Members = attrs.field(init=False)
    _cloud: dict[tuple[str, str], dict[Any, Any]] = attrs.field(factory=lambda: defaultdict(dict), init=False)
    """By table and column that tells the cloud's id: our keys with the ids that they stand for."""
    _ours: dict[tuple[str, str, Any], dict[Any, Any]] = attrs.field(factory=lambda: defaultdict(dict), init=False)
    """The same the other way round, with the region where that matters."""
    _read: dict[str, list[tuple[Reference, Resource, str]]] = attrs.field(factory=dict, init=False)
    """Table -> its references that are translated, whose rows they mean, and the column that tells the cloud's id."""
    _ways: dict[str, set[tuple[str, str]]] = attrs.field(init=False)
    """Table -> by which columns its rows are referred to: here, and in the cloud."""

    @members.default
    def _find_members(self) -> Members:
        return Members(connection=self.connection, resources=self.resources)

    @_ways.default
    def _find_ways(self) -> dict[str, set[tuple[str, str]]]:
        found: dict[str, set[tuple[str, str]]] = defaultdict(set)
        for resource in self.resources.values():
            for reference, _, told in self._translated(resource):
                found[reference.table].add((reference.target_column, told))
        return found

    def learn(self, resource: Resource, image: Mapping[str, Any] | None) -> None:
        """Takes over key and cloud id from an image of ours that has both."""
        if image is None:
            return
        self.members.learn(resource, image)
        for column, told in self._ways.get(resource.table, ()):
            key, cloud = image.get(column), image.get(told)
            if key is not None and cloud is not None:
                self._cloud[resource.table, told][key] = cloud
                self._ours[resource.table, told, _place(resource, told, image.get("region"))][cloud] = key

    def load(self, resource: Resource, images: Iterable[Image], *, from_cloud: bool) -> None:
        """Reads from the tables what these images refer to, as far as it is not known yet."""
        chosen = list(images)
        for reference, target, told in self._translated(resource):
            missing = {self._asked(reference, target, told, image, from_cloud) for image in chosen} - {None}
            keys = [dict(names) for names in missing if names is not None]
            for row in rows.read(self.connection, reference.table, keys):
                self.learn(target, row)
        if not from_cloud:
            self.members.load(resource, chosen)

    def to_cloud(self, resource: Resource, image: Image) -> Image:
        """The image with cloud ids for our keys; a row that has no cloud id yet gives None."""
        changed = {
            reference.column: self._cloud[reference.table, told].get(image[reference.column])
            for reference, _, told in self._translated(resource)
            if image.get(reference.column) is not None
        }
        return {**image, **changed, **self.members.to_cloud(resource, image)}

    def to_tables(self, resource: Resource, image: Image) -> Image:
        """The image with our keys for cloud ids; an id that no row has stays, as Unresolved."""
        changed = {}
        for reference, target, told in self._translated(resource):
            value = image.get(reference.column)
            if value is not None:
                place = _place(target, told, image.get(reference.region_column))
                changed[reference.column] = self._ours[reference.table, told, place].get(value, Unresolved(value))
        return {**image, **changed} if changed else image

    def _asked(
        self, reference: Reference, target: Resource, told: str, image: Image, from_cloud: bool
    ) -> tuple[tuple[str, Any], ...] | None:
        """The columns and values by which a row that is not known yet is looked up."""
        value = image.get(reference.column)
        if value is None:
            return None
        if not from_cloud:
            return None if value in self._cloud[reference.table, told] else ((reference.target_column, value),)
        place = _place(target, told, image.get(reference.region_column))
        if value in self._ours[reference.table, told, place]:
            return None
        named = ((told, value),)
        return named if place is None else (*named, ("region", place))

    def _translated(self, resource: Resource) -> list[tuple[Reference, Resource, str]]:
        if resource.table not in self._read:
            known = self.resources
            found = [each for each in resource.references if each.translated and each.table in known]
            self._read[resource.table] = [
                (each, known[each.table], _told_by(each, known[each.table])) for each in found
            ]
        return self._read[resource.table]


def unresolved(image: Image) -> list[str]:
    """The columns of an image that refer to something no row of ours stands for."""
    return [name for name, value in image.items() if isinstance(value, Unresolved)]


def _told_by(reference: Reference, target: Resource) -> str:
    """The column that holds the id by which others in the cloud refer to a row."""
    return reference.called_by or next(name for name in target.cloud_id if name != "region")


def _place(target: Resource, told: str, region: Any) -> Any:
    """The region, where the same name may stand in several."""
    return region if {told, "region"} <= set(target.cloud_id) else None
