"""Values that AWS would refuse, found before anything is called: by its own model, and by what declarations add."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import attrs

from iasql.resource import service as aws
from iasql.resource.aspect import Aspect
from iasql.resource.call import Call, Either, Verb
from iasql.resource.column import Column, Limits
from iasql.resource.fit import fit
from iasql.resource.hidden import MASK, is_hidden
from iasql.resource.image import Image, Value
from iasql.resource.places import shapes_of
from iasql.resource.roles import takes_of
from iasql.resource.template import handwritten, names
from iasql.resource.translate import dump

if TYPE_CHECKING:
    from iasql.resource.resource import Resource


@attrs.frozen
class Fault:
    """A column whose value AWS would refuse, and what is allowed there; a secret's value is masked."""

    column: str
    value: Value
    allowed: str

    def __str__(self) -> str:
        return f"{self.column} is {json.dumps(self.value, default=str)}; allowed is {self.allowed}"


def faults(resource: Resource, image: Mapping[str, Value], columns: Iterable[str] | None = None) -> list[Fault]:
    """What AWS would refuse in these columns of an image, of either domain.

    columns   the columns that an update writes; None: a whole new row. What a call asks for and the row does not say
              is a fault too: a null that AWS has no way to take.
    """
    chosen = frozenset(column.name for column in resource.columns) if columns is None else frozenset(columns)
    named = [column for column in resource.columns if column.name in chosen]
    found = [fault for column in named if (fault := _fault(resource, column, image.get(column.name)))]
    if columns is None:
        unsaid = (column.name for column in resource.columns if column.needed and image.get(column.name) is None)
        found += [Fault(name, None, "a value: a new row needs one") for name in unsaid]
    verbs = [resource.create] if columns is None else list(_updates(resource, image, chosen))
    return found + [fault for verb in verbs for fault in missing(resource, verb, dict(image)) if fault.column in chosen]


def missing(resource: Resource, verb: Verb | None, image: Image) -> list[Fault]:
    """The columns without a value that a call cannot do without."""
    call = verb.chosen(image) if isinstance(verb, Either) else verb
    if not isinstance(call, Call) or resource.service is None or handwritten(call.arguments):
        return []
    nulls = {} if verb is resource.create else _cleared(resource, image)
    bound = resource.arguments(call, dump(resource, image) | nulls | {"token": "t"})
    absent = [member for member in aws.required(resource.service, call.operation) if member not in bound]
    return [Fault(_column(resource, call, member), None, f"a value: AWS asks for {member}") for member in absent]


def _updates(resource: Resource, image: Mapping[str, Value], columns: frozenset[str]) -> Iterator[Verb]:
    """The verbs that write these columns of a row that exists, but for those that take a null away."""
    yield from (verb for verb in resource.update if takes_of(resource, verb) & columns)
    for aspect in resource.aspects:
        if isinstance(aspect, Aspect) and aspect.put is not None and columns.intersection(aspect.columns):
            empty = all(image.get(name) is None for name in aspect.columns)
            if not (empty and aspect.clear is not None):
                yield aspect.put


def _cleared(resource: Resource, image: Mapping[str, Value]) -> Image:
    """What is sent in place of null."""
    null = (column for column in resource.columns if image.get(column.name) is None)
    return {column.name: column.cleared for column in null if column.cleared is not None}


def refusal(shape: Any, value: Any) -> str | None:
    """What the shape allows, when it does not allow the value (as AWS takes it); None when it does."""
    check = CHECKS.get(shape.type_name)
    return None if check is None else check(shape, value)


def limited(limits: Limits, value: Any) -> str | None:
    """What a declaration allows, when it does not allow the value."""
    if limits.pattern is not None and isinstance(value, str) and not matches(limits.pattern, value):
        return limits.allowed or f"a text matching {limits.pattern}"
    if limits.length is not None and not limits.length[0] <= len(value) <= limits.length[1]:
        return limits.allowed or f"{limits.length[0]} to {limits.length[1]} characters"
    if limits.between is not None and not limits.between[0] <= value <= limits.between[1]:
        return limits.allowed or f"{limits.between[0]} to {limits.between[1]}"
    if limits.among and value not in limits.among:
        return limits.allowed or "one of " + ", ".join(map(str, limits.among))
    return None


def matches(pattern: str, text: str) -> bool:
    """Whether a text is as a pattern of AWS's models says; a pattern that Python cannot read matches everything."""
    compiled = _compiled(pattern)
    if compiled is None:
        return True
    prefix = pattern.startswith("^") and not pattern.endswith("$")
    return (compiled.search(text) if prefix else compiled.fullmatch(text)) is not None


@functools.cache
def _compiled(pattern: str) -> re.Pattern[str] | None:
    try:
        return re.compile(pattern, re.ASCII)
    except re.error:
        return None


def _column(resource: Resource, call: Call, member: str) -> str:
    """The column that feeds an input: by the call's template, else by its name."""
    told = names(call.templates(resource.service or "", resource.says).get(member))
    return next(iter(sorted(told)), None) or resource.feeds.get(member) or aws.snake(member)


def _fault(resource: Resource, column: Column, value: Value) -> Fault | None:
    if value is None or not column.settable:
        return None
    if column.masked and is_hidden(value):
        return None
    allowed = _not_allowed(resource, column, value)
    return Fault(column.name, MASK if column.masked else value, allowed) if allowed else None


def _not_allowed(resource: Resource, column: Column, value: Value) -> str | None:
    if column.references is not None:
        return None
    if (allowed := column.kind.fault(value) or limited(column.limits, value)) is not None:
        return allowed
    # a row that has no id yet is a member by its key, which AWS's limits do not know
    if resource.service is None or column.role == "local" or column.lists is not None:
        return None
    taken = column.kind.dump(value)
    return next((a for shape in shapes_of(resource, column.name) if (a := refusal(shape, fit(shape, taken)))), None)


def _text(shape: Any, value: Any) -> str | None:
    if not isinstance(value, str):
        return "a text"
    enum, pattern = getattr(shape, "enum", None), shape.metadata.get("pattern")
    if enum and value not in enum:
        return "one of " + ", ".join(enum)
    size = _size(shape, len(value), "characters")
    return size or (f"a text matching {pattern}" if pattern and not matches(pattern, value) else None)


def _number(shape: Any, value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "a number"
    return _size(shape, value, "")


def _list(shape: Any, value: Any) -> str | None:
    if not isinstance(value, list):
        return "a list"
    return _size(shape, len(value), "elements") or _first(refusal(shape.member, item) for item in value)


def _map(shape: Any, value: Any) -> str | None:
    if not isinstance(value, Mapping):
        return "an object"
    parts = ((refusal(shape.key, name), refusal(shape.value, part)) for name, part in value.items())
    return _size(shape, len(value), "entries") or _first(allowed for pair in parts for allowed in pair)


def _structure(shape: Any, value: Any) -> str | None:
    if not isinstance(value, Mapping):
        return "an object"
    lacking = [member for member in shape.required_members if member not in value]
    unknown = [member for member in value if member not in shape.members]
    if lacking or unknown:
        return f"an object of {', '.join(shape.members)}" + (f", with {', '.join(lacking)}" if lacking else "")
    return _first(refusal(shape.members[name], part) for name, part in value.items())


def _size(shape: Any, size: float, unit: str) -> str | None:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if (least is None or size >= least) and (most is None or size <= most):
        return None
    words = f"at least {least}" if most is None else f"at most {most}" if least is None else f"{least} to {most}"
    return f"{words} {unit}".strip()


def _first(allowed: Iterable[str | None]) -> str | None:
    return next((words for words in allowed if words), None)


CHECKS: dict[str, Callable[[Any, Any], str | None]] = {
    "string": _text,
    "integer": _number,
    "long": _number,
    "float": _number,
    "double": _number,
    "list": _list,
    "map": _map,
    "structure": _structure,
}
