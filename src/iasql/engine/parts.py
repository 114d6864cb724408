"""What a plan must look at because AWS makes some rows in one call with others.

The next step is `iasql.plan.together`, which says which steps go along with which.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import attrs

from iasql.db import rows
from iasql.engine.context import Context
from iasql.plan.merge import Difference
from iasql.plan.state import Handle, Key, handle, key_of
from iasql.plan.together import owner_of, remade


def owners(context: Context, found: Mapping[Handle, Difference]) -> Iterator[tuple[str, Key]]:
    """The rows that changed rows are made with."""
    for difference in found.values():
        column = difference.resource.made_with if difference.cloud else None
        for reference in difference.resource.references if column else ():
            for image in _images(difference) if reference.column == column else ():
                if isinstance(image.get(reference.column), int):
                    yield reference.table, {reference.target_column: image[reference.column]}


def parts(context: Context, found: Mapping[Handle, Difference]) -> Iterator[tuple[str, Key]]:
    """The rows that are made in one call with rows that are to be created."""
    for difference in found.values():
        image = (difference.ours.image if difference.ours else None) or {}
        for part in context.resources.values() if difference.cloud == "create" else ():
            for reference in part.references if part.made_with else ():
                if (reference.column, reference.table) == (part.made_with, difference.resource.table):
                    asked = {reference.column: image.get(reference.target_column)}
                    for row in rows.read(context.connection, part.table, [asked]):
                        yield part.table, key_of(part, row)


def remake(found: dict[Handle, Difference]) -> None:
    """Makes anew what AWS cannot change a part of: another container is another revision of its task definition."""
    for difference in list(found.values()):
        if not difference.resource.remakes or difference.cloud is None:
            continue
        for image in _images(difference):
            name = owner_of(difference.resource, image) or ("", "")
            other = found.get(name)
            if other is None or other.ours is None or other.ours.image is None or other.theirs is None:
                continue
            if other.cloud in {None, "update"}:
                found[name] = attrs.evolve(other, cloud="replace")


def renew(found: dict[Handle, Difference]) -> bool:
    """Makes anew what replaced rows bring; whether there was anything that was to stay until now."""
    names = [handle(table, key) for table, key in remade(found)]
    late = [name for name in names if name in found and found[name].cloud in {None, "update"} and found[name].theirs]
    found.update({name: attrs.evolve(found[name], cloud="replace") for name in late})
    return bool(late)


def _images(difference: Difference) -> list[dict[str, object]]:
    told = (difference.ours.image if difference.ours else None, difference.theirs)
    return [image for image in told if image is not None]
