"""Who is who: pairs rows of ours with resources in the cloud.

Agreement follows the identity, not the row: a row inserted with the cloud id or the natural key of one that
was deleted since agreement is that row changed. The next step is `iasql.plan.merge`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

import attrs

from iasql.plan.state import CloudId, Image, Ours, Pair, cloud_id_of, natural_key_of
from iasql.resource import Resource

Item = TypeVar("Item")


def identify(resource: Resource, ours: Iterable[Ours], theirs: Iterable[Image]) -> list[Pair]:
    """Pairs of one resource type, each row and each image in exactly one of them.

    Rows that agreed with a cloud id claim it first, living ones before deleted ones; then rows that carry one; then
    new rows by natural key.
    """
    rows = inherit(resource, ours)
    images = list(theirs)
    by_id = _index(images, lambda image: cloud_id_of(resource, image))
    pairs: list[Pair] = []
    left: list[Ours] = []
    for row in sorted(rows, key=lambda each: (each.agreed is None, each.image is None)):
        identity = known_as(resource, row)
        if identity is not None and identity in by_id:
            pairs.append(Pair(ours=row, theirs=by_id.pop(identity)))
        else:
            left.append(row)
    claimed = {id(pair.theirs) for pair in pairs}
    by_name = _index(
        (image for image in images if id(image) not in claimed), lambda image: natural_key_of(resource, image)
    )
    for row in left:
        name = natural_key_of(resource, row.image) if row.agreed is None else None
        found = by_name.pop(name, None) if name is not None else None
        if found is not None:
            claimed.add(id(found))
        pairs.append(Pair(ours=row, theirs=found))
    pairs += [Pair(ours=None, theirs=image) for image in images if id(image) not in claimed]
    return pairs


def known_as(resource: Resource, row: Ours) -> CloudId | None:
    """The cloud id that a row stands for: the agreed one, else the one that it carries itself."""
    # an agreement may hold only some columns yet, such as the id without the region
    agreed = {name: value for name, value in (row.agreed or {}).items() if value is not None}
    return cloud_id_of(resource, {**(row.image or {}), **agreed})


def inherit(resource: Resource, ours: Iterable[Ours]) -> list[Ours]:
    """Rows after deleted ones have handed their agreement to the rows that were inserted in their place."""
    rows = list(ours)
    orphans = [row for row in rows if row.image is None and row.agreed is not None]
    orphans.sort(key=_number, reverse=True)  # of those with the same name the last is meant
    heirs = [row for row in rows if row.image is not None and row.agreed is None]
    if not orphans or not heirs:
        return rows
    adopted: dict[int, Ours] = {}
    for name in _ways(resource):
        free: dict[CloudId, Ours] = {}
        for orphan in orphans:
            identity = name(orphan.agreed)
            if identity is not None and id(orphan) not in adopted:
                free.setdefault(identity, orphan)
        for heir in heirs:
            identity = name(heir.image)
            if identity is None or id(heir) in adopted or identity not in free:
                continue
            orphan = free.pop(identity)
            adopted[id(orphan)] = orphan
            adopted[id(heir)] = attrs.evolve(heir, agreed=orphan.agreed, former=orphan.key)
    gone = {id(row) for row in orphans}
    return [adopted.get(id(row), row) for row in rows if not (id(row) in gone and id(row) in adopted)]


def _number(row: Ours) -> list[int]:
    """What grows from row to row where keys are numbers."""
    return [value for value in row.key.values() if isinstance(value, int)]


def _ways(resource: Resource) -> list[Callable[[Image | None], CloudId | None]]:
    """The ways in which one image can be told to be another, most certain first."""

    def by_arn(image: Image | None) -> CloudId | None:
        arn = (image or {}).get("arn")
        return None if arn is None else (arn,)

    return [lambda image: cloud_id_of(resource, image), by_arn, lambda image: natural_key_of(resource, image)]


def _index(items: Iterable[Item], identity: Callable[[Item], CloudId | None]) -> dict[CloudId, Item]:
    found: dict[CloudId, Item] = {}
    for item in items:
        name = identity(item)
        if name is not None:
            found.setdefault(name, item)
    return found
