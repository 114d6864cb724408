"""The values that both sides are read into.

An image is one row as `to_jsonb(row)` gives it; a handle names a row of ours in any collection. `Ours` joins
what the tables hold with what the log says of it. The next step is `iasql.plan.identity`, which pairs them
with what the cloud answered.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypeAlias

import attrs

from iasql.resource import Resource

Json: TypeAlias = Any
Image: TypeAlias = dict[str, Json]
Key: TypeAlias = dict[str, Json]
Handle: TypeAlias = tuple[str, str]
CloudId: TypeAlias = tuple[Json, ...]
_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"))


def handle(table: str, key: Mapping[str, Json]) -> Handle:
    """The hashable name of one row: its table and its primary key as canonical JSON."""
    if len(key) == 1:
        ((name, value),) = key.items()
        if type(value) is int:  # as most keys are: a plan asks very often
            return table, f'{{"{name}":{value}}}'
    return table, _CANONICAL.encode(key)


def key_of(resource: Resource, image: Mapping[str, Json]) -> Key:
    """The primary key columns of an image."""
    return {name: image[name] for name in resource.primary_key}


def cloud_id_of(resource: Resource, image: Mapping[str, Json] | None) -> CloudId | None:
    """How the cloud knows this row, with its region; None while any part of that is unknown."""
    return _values(image, resource.cloud_id, resource.has_region)


def natural_key_of(resource: Resource, image: Mapping[str, Json] | None) -> CloudId | None:
    """The columns that a person would tell this row by, with its region; None when the type has none.

    One spelling stands for all values that mean the same; in columns that are unique together null is a value too.
    """
    names = resource.natural
    if image is None or not names:
        return None
    wanted = (*names, "region") if resource.has_region and "region" not in names else names
    values = {name: image.get(name) for name in wanted}
    missing = [name for name, value in values.items() if value is None]
    told = any(value is not None for name, value in values.items() if name != "region")
    if missing and not (names in resource.unique and told and set(missing) <= set(names) - {"region"}):
        return None
    return tuple(_hashable(resource.column(name).kind.canonical(value)) for name, value in values.items())


def told_of(resource: Resource, image: Mapping[str, Json] | None, names: tuple[str, ...]) -> CloudId | None:
    """The values in these columns; None while any of them is unknown."""
    return _values(image, names, resource.has_region)


def _values(image: Mapping[str, Json] | None, names: tuple[str, ...], regional: bool) -> CloudId | None:
    if image is None or not names:
        return None
    wanted = (*names, "region") if regional and "region" not in names else names
    values = tuple(_hashable(image.get(name)) for name in wanted)
    return None if any(value is None for value in values) else values


def _hashable(value: Json) -> Json:
    return json.dumps(value, sort_keys=True) if isinstance(value, dict | list) else value


@attrs.frozen(kw_only=True)
class Ours:
    """One row of ours, as the tables and the log know it.

    `image` is None when a user deleted the row; `agreed` holds, column by column, the value that both sides
    last had in common and is None when they never had any; `written` names the columns that a user wrote
    where no agreement stands; `former` is the key of the deleted row whose agreement this one inherited.
    """

    key: Key
    image: Image | None
    agreed: Image | None = None
    written: frozenset[str] = frozenset()
    changed_by: tuple[str, ...] = ()
    former: Key | None = None


@attrs.frozen(kw_only=True)
class Pair:
    """One resource with its row of ours and the image of it that the cloud gave; either may be missing."""

    ours: Ours | None
    theirs: Image | None
