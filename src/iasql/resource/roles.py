"""The role of each column, told by which input shapes of AWS's model know it.

In the create input but in no update or aspect: *replace*; in one of these: *mutable*; in neither: *computed*.
What a declaration states goes before what the model says.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from iasql.resource.aspect import Aspect, Members, Tagging
from iasql.resource.call import Call, Either, Verb, marked
from iasql.resource.service import snake
from iasql.resource.template import names

if TYPE_CHECKING:
    from iasql.resource.column import Column, Role
    from iasql.resource.resource import Resource

OURS = frozenset(("item", "items", "set", "unset", "unset_tags", "token"))
"""Names in templates that stand for no column."""


def feeds_of(resource: Resource) -> dict[str, str]:
    """AWS member -> the column that is declared to be bound to it."""
    return {column.bound_as: column.name for column in resource.declared if column.bound_as}


@functools.cache  # a declaration never changes, and a plan asks once a row
def takes_of(resource: Resource, verb: Verb | None) -> frozenset[str]:
    """The columns of the resource that a verb takes."""
    declared = {column.name for column in resource.declared}
    return frozenset(_taken(resource, verb)) & declared


def _taken(resource: Resource, verb: Any) -> Iterable[str]:
    if verb is None:
        return ()
    if isinstance(verb, Either):
        return {verb.column, *_taken(resource, verb.yes), *_taken(resource, verb.no)}
    if not isinstance(verb, Call):
        return marked(verb)
    assert resource.service is not None
    feeds = feeds_of(resource)
    free = verb.by_name(resource.service, resource.says)
    told = names(verb.templates(resource.service, resource.says))
    return {feeds.get(member) or snake(member) for member in free} | (told - OURS)


def mutable_of(resource: Resource) -> frozenset[str]:
    """The columns that an update or an aspect writes."""
    written = {name for aspect in resource.aspects if aspect.writes for name in aspect.columns}
    return frozenset(written).union(*(takes_of(resource, verb) for verb in resource.update))


@functools.cache
def created_with(resource: Resource) -> frozenset[str]:
    """The columns that the create call itself takes, so that no aspect need follow for them."""
    taken = set(takes_of(resource, resource.create))
    tagging = next((a for a in resource.aspects if isinstance(a, Tagging)), None)
    if tagging and tagging.specification and takes_specifications(resource):
        taken.add(tagging.column)
    return frozenset(taken)


@functools.cache
def takes_specifications(resource: Resource) -> bool:
    """Whether the create call takes EC2's TagSpecifications."""
    create = resource.create
    if not isinstance(create, Call) or resource.service is None:
        return False
    return "TagSpecifications" in create.by_name(resource.service, resource.says)


def role_of(resource: Resource, column: Column) -> Role:
    """The role of a column: as stated, else as AWS's model has it."""
    if column.stated is not None:
        return column.stated
    if resource.service is None:
        return "local"
    if column.name in resource.identifying and column.name not in resource.primary_key:
        return "replace" if column.name in created_with(resource) and not column.optional else "computed"
    if column.region and column.name == "region":
        return "replace" if resource.create is not None else "computed"
    if column.name in mutable_of(resource):
        return "mutable"
    return "replace" if column.name in created_with(resource) else "computed"


__all__ = ["Aspect", "Members", "created_with", "feeds_of", "mutable_of", "role_of", "takes_of"]
