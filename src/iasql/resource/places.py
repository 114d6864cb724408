"""Where each column ends up in the calls: the shape of AWS's model that a value must satisfy."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from iasql.resource import service as aws
from iasql.resource.aspect import Aspect, Members, Tagging
from iasql.resource.call import Call, Either, Verb
from iasql.resource.template import Given

if TYPE_CHECKING:
    from botocore.model import Shape

    from iasql.resource.resource import Resource


def calls(verb: Verb | None) -> tuple[Call, ...]:
    """The declared calls that a verb stands for; none of a hand-written one."""
    if isinstance(verb, Either):
        return (verb.yes, verb.no)
    return (verb,) if isinstance(verb, Call) else ()


def writes(resource: Resource) -> Iterator[Verb]:
    """The verbs that give a row its values: create, update and the puts of the aspects, in this order."""
    if resource.create is not None:
        yield resource.create
    yield from resource.update
    for aspect in resource.aspects:
        if isinstance(aspect, Aspect) and aspect.put is not None:
            yield aspect.put
        if isinstance(aspect, Members) and aspect.add is not None:
            yield aspect.add
        if isinstance(aspect, Tagging) and aspect.put is not None:
            yield aspect.put


def verbs(resource: Resource) -> Iterator[Verb]:
    """Every verb that a declaration names."""
    yield from (verb for verb in (resource.list, resource.get, resource.delete, *resource.details) if verb is not None)
    yield from writes(resource)
    yield from (after.call for after in resource.after)
    yield from (resource.sweep.look, resource.sweep.undo) if resource.sweep is not None else ()
    yield from (resource.beside,) if resource.beside is not None else ()
    for aspect in resource.aspects:
        rest = (aspect.get, getattr(aspect, "clear", None), getattr(aspect, "remove", None))
        yield from (verb for verb in rest if verb is not None)
    for state in resource.preconditions.values():
        yield from (state.enter, state.leave)


@functools.cache  # a declaration never changes, and a plan asks once a value
def places(resource: Resource, call: Call) -> dict[str, Shape]:
    """Column -> the shape of the place where the call puts its value."""
    service = resource.service or ""
    shapes = aws.members(service, call.operation)
    found: dict[str, Shape] = {}
    for member in call.by_name(service, resource.says):
        found[resource.feeds.get(member) or aws.snake(member)] = shapes[member]
    for member, part in call.templates(service, resource.says).items():
        found |= dict(_in(part, shapes[member]))
    return found


@functools.cache
def shapes_of(resource: Resource, column: str) -> list[Shape]:
    """The shapes that a value of the column must satisfy, the first one that of the create call if it takes it."""
    found = [p[column] for verb in writes(resource) for call in calls(verb) if column in (p := places(resource, call))]
    elsewhere = resource.column(column).path is not None  # then the member of that name is another thing
    if found or elsewhere or resource.shape is None or resource.service is None:
        return found
    told = _output(resource, column)
    return [] if told is None else [told]


def output_members(resource: Resource) -> Mapping[str, Shape]:
    """Members of the shape by which answers describe a row; empty where the declaration names none."""
    if resource.service is None or resource.shape is None:
        return {}
    shape: Any = aws.model(resource.service).shape_for(resource.shape)
    return dict(getattr(shape, "members", {}))


def documentation(resource: Resource, column: str) -> str:
    """What AWS's model says about a column, first sentence; empty when it says nothing."""
    told = _output(resource, column)
    shapes = ([told] if told is not None else []) + (shapes_of(resource, column) if resource.service else [])
    return next((text for shape in shapes if (text := aws.first_sentence(shape.documentation))), "")


def _output(resource: Resource, column: str) -> Shape | None:
    member = resource.column(column).bound_as
    found = output_members(resource)
    return next((shape for name, shape in found.items() if name == member or aws.snake(name) == column), None)


def _in(part: Any, shape: Any) -> Iterator[tuple[str, Shape]]:
    if isinstance(part, Given):
        yield from _in(part.part, shape)
    elif isinstance(part, str) and part.startswith("$"):
        yield part[1:], shape
    elif isinstance(part, Mapping) and shape.type_name == "structure":
        for name, inner in part.items():
            yield from _in(inner, shape.members[name])
    elif isinstance(part, Mapping) and shape.type_name == "map":
        for inner in part.values():
            yield from _in(inner, shape.value)
    elif isinstance(part, list | tuple) and shape.type_name == "list":
        for inner in part:
            yield from _in(inner, shape.member)
