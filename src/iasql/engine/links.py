"""Which cloud id each of our keys stands for, both ways.

Tables refer to rows by our keys, calls by cloud ids. Links translate whole images between the two. The next
step is `iasql.engine.sides`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import attrs
import psycopg

from iasql.db import rows
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
    _cloud: dict[tuple[str, Any], Any] = attrs.field(factory=dict, init=False)
    _ours: dict[tuple[str, Any, Any], Any] = attrs.field(factory=dict, init=False)

    def learn(self, resource: Resource, image: Mapping[str, Any] | None) -> None:
        """Takes over key and cloud id from an image of ours that has both."""
        if image is None or not resource.has_surrogate:
            return
        key, cloud = image.get(resource.primary_key[0]), image.get(_told_by(resource))
        if key is not None and cloud is not None:
            self._cloud[resource.table, key] = cloud
            self._ours[resource.table, _place(resource, image), cloud] = key

    def load(self, resource: Resource, images: Iterable[Image], *, from_cloud: bool) -> None:
        """Reads from the tables what these images refer to, as far as it is not known yet."""
        chosen = list(images)
        for reference in self._translated(resource):
            target = self.resources[reference.table]
            missing = {self._asked(reference, target, image, from_cloud) for image in chosen} - {None}
            keys = [dict(names) for names in missing if names is not None]
            for row in rows.read(self.connection, reference.table, keys):
                self.learn(target, row)

    def to_cloud(self, resource: Resource, image: Image) -> Image:
        """The image with cloud ids for our keys; a row that has no cloud id yet gives None."""
        changed = {
            reference.column: self._cloud.get((reference.table, image[reference.column]))
            for reference in self._translated(resource)
            if image.get(reference.column) is not None
        }
        return {**image, **changed}

    def to_tables(self, resource: Resource, image: Image) -> Image:
        """The image with our keys for cloud ids; an id that no row has stays, as Unresolved."""
        changed = {}
        for reference in self._translated(resource):
            value = image.get(reference.column)
            if value is not None:
                place = _place(self.resources[reference.table], image)
                changed[reference.column] = self._ours.get((reference.table, place, value), Unresolved(value))
        return {**image, **changed}

    def _asked(
        self, reference: Reference, target: Resource, image: Image, from_cloud: bool
    ) -> tuple[tuple[str, Any], ...] | None:
        """The columns and values by which a row that is not known yet is looked up."""
        value = image.get(reference.column)
        if value is None:
            return None
        if not from_cloud:
            return None if (reference.table, value) in self._cloud else ((reference.target_column, value),)
        place = _place(target, image)
        if (reference.table, place, value) in self._ours:
            return None
        named = ((_told_by(target), value),)
        return named if place is None else (*named, ("region", place))

    def _translated(self, resource: Resource) -> list[Reference]:
        return [
            reference for reference in resource.references if reference.translated and reference.table in self.resources
        ]


def unresolved(image: Image) -> list[str]:
    """The columns of an image that refer to something no row of ours stands for."""
    return [name for name, value in image.items() if isinstance(value, Unresolved)]


def _told_by(resource: Resource) -> str:
    """The column that holds the id by which others in the cloud refer to a row."""
    return next(name for name in resource.cloud_id if name != "region")


def _place(resource: Resource, image: Mapping[str, Any]) -> Any:
    """The region, where the same name may stand in several."""
    return image.get("region") if "region" in resource.cloud_id else None
