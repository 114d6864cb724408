"""What can happen to the rows of a resource, and where it is tested: at the stand-in, or by a stub."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from iasql.resource import Column, Resource
from property_tests.account.lacks import APART as LEFT_NULL
from property_tests.account.lacks import LOSES, MISSING, NOTHING, UNTOLD, WITHOUT
from property_tests.strategies import names_rows

APART, STUB, NONE = "apart", "stub", "-"
"""At the stand-in, in a test of its own; by answers of ours, where it lacks an operation; cannot happen."""


def creates(resource: Resource) -> bool:
    """Whether a user's row becomes one of AWS's by a call of its own."""
    return resource.create is not None and not resource.remakes


def updates(resource: Resource) -> bool:
    """Whether something of it changes in place."""
    return any(column.role == "mutable" for column in resource.columns)


def replaced_by(resource: Resource) -> frozenset[str]:
    """The columns of its own whose change makes another one of it in the same place."""
    return frozenset(column.name for column in _replacing(resource) if not names_rows(column))


def replaced_with(resource: Resource) -> tuple[Column, ...]:
    """The columns that name rows, and by whose change it is made anew: it follows another row then."""
    return tuple(column for column in _replacing(resource) if column.references and not column.region)


def _replacing(resource: Resource) -> Iterator[Column]:
    fixed = resource.fixed.columns if resource.fixed and resource.fixed.only_where is None else ()
    names = resource.replaces - {"region", *fixed} if creates(resource) and resource.delete else frozenset()
    free = (column for column in resource.columns if not column.follows)
    return (c for c in free if c.name in names and (resource.table, c.name) not in LEFT_NULL)


def moves(resource: Resource) -> bool:
    """Whether a row can go to another region."""
    fixed = resource.fixed.columns if resource.fixed and resource.fixed.only_where is None else ()
    both = creates(resource) and resource.delete is not None
    return both and resource.scope == "region" and resource.has_region and "region" not in fixed


HAPPENS: dict[str, Callable[[Resource], object]] = {
    "create": creates,
    "read": lambda resource: resource.list,
    "update": updates,
    "replace": lambda resource: replaced_by(resource) or replaced_with(resource),
    "delete": lambda resource: resource.delete is not None and not resource.remakes,
    "move": moves,
    "import": lambda resource: resource.list,
}
"""Verb -> whether it can happen to rows of a resource at all."""


def tested(resource: Resource, verb: str) -> str:
    """Where a verb is tested: `moto`, `apart` (moto too, in a test of its own), `stub`, `sshd` or `-`.

    `import` is into the tables of a database: tests/acceptance/test_every_module does it for every type.
    """
    if not HAPPENS[verb](resource):
        return NONE
    if resource.host is not None:
        return "sshd"
    if verb == "import":
        return STUB if resource.table in UNTOLD else "moto"
    if resource.table in MISSING or (resource.table, verb) in WITHOUT:
        return STUB
    if resource.table in NOTHING or (verb == "update" and resource.table in LOSES):
        return APART
    return "moto"
