"""What is wrong with a declaration, told by AWS's own model without a call: run in CI and by `iasql check`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import attrs
import jmespath
from jmespath.exceptions import JMESPathError

from iasql.resource import service as aws
from iasql.resource.answer import NoSuchMember, at, element, told
from iasql.resource.aspect import Aspect, Until, Wait
from iasql.resource.call import Call, Verb
from iasql.resource.column import Column
from iasql.resource.module import Module
from iasql.resource.places import calls, output_members, verbs, writes
from iasql.resource.resource import Resource
from iasql.resource.roles import OURS, created_with, takes_of
from iasql.resource.template import names


@attrs.frozen
class Problem:
    """Something wrong in the declaration of a table, perhaps of one of its columns."""

    table: str
    column: str | None
    text: str

    def __str__(self) -> str:
        return f"{self.table}{'.' + self.column if self.column else ''}: {self.text}"


def check_all(modules: Iterable[Module]) -> list[Problem]:
    """Everything that is wrong in the declarations of some modules."""
    resources = [resource for module in modules for resource in module.resources]
    tables = {resource.table: resource for resource in resources}
    twice = [Problem(r.table, None, "two resources have this table") for r in resources if tables[r.table] is not r]
    return twice + [problem for resource in resources for problem in check(resource, tables)]


def check(resource: Resource, tables: Mapping[str, Resource]) -> list[Problem]:
    """What is wrong with one declaration; `tables` are the resources that its references may name."""
    found = [*_names(resource), *_references(resource, tables)]
    if resource.service is None:
        return found
    wrong = list(_operations(resource))
    if wrong:
        return found + wrong
    return [
        *found,
        *_arguments(resource),
        *_required(resource),
        *_paths(resource),
        *_columns(resource),
        *_waits(resource),
    ]


def _names(resource: Resource) -> Iterator[Problem]:
    """Column names that a declaration repeats and that do not exist."""
    known = {column.name for column in resource.declared}
    groups: dict[str, Iterable[str]] = {"cloud_id": resource.cloud_id, "natural": resource.natural}
    groups["one_by_one"] = (resource.one_by_one,) if resource.one_by_one else ()
    groups["made_with and brings"] = tuple(name for name in (resource.made_with, resource.brings) if name)
    groups["fixed"] = resource.fixed.columns if resource.fixed else ()
    groups |= {f"unique {unique}": unique for unique in (*resource.unique, *resource.unique_if_set)}
    groups |= {f"aspect {aspect.columns}": aspect.columns for aspect in resource.aspects}
    for where, columns in groups.items():
        yield from (Problem(resource.table, c, f"{where} names no column") for c in columns if c not in known)
    for aspect in resource.aspects:
        state = aspect.while_ if isinstance(aspect, Aspect) else None
        if state is not None and state not in resource.preconditions:
            yield Problem(resource.table, aspect.columns[0], f"there is no precondition {state}")


def _references(resource: Resource, tables: Mapping[str, Resource]) -> Iterator[Problem]:
    for reference in resource.references:
        target = tables.get(reference.table)
        if target is None:
            yield Problem(resource.table, reference.column, f"refers to an unknown table {reference.table}")
        elif not _is_key(target, reference.target_column):
            text = f"{reference.table}.{reference.target_column} is not that table's key"
            yield Problem(resource.table, reference.column, text)
    for listed in resource.lists:
        known = tables.get(listed.table)
        if known is None:
            yield Problem(resource.table, listed.column, f"lists rows of an unknown table {listed.table}")
        elif listed.target_column not in {column.name for column in known.declared}:
            text = f"lists values of {listed.table}.{listed.target_column}, which is no column"
            yield Problem(resource.table, listed.column, text)
    by_reference = {reference.column: tables.get(reference.table) for reference in resource.references}
    for column in resource.declared:
        name, _, source = (column.follows or "").partition(".")
        target = by_reference.get(name)
        if column.follows and (target is None or (source or column.name) not in {c.name for c in target.declared}):
            yield Problem(
                resource.table, column.name, f"follows {column.follows}, which is no column of a row referred to"
            )
    for per in set(resource.pers) - {reference.table for reference in resource.references}:
        yield Problem(resource.table, None, f"is listed per {per} and has no reference to it")


def _is_key(target: Resource, column: str) -> bool:
    """Whether a column is what rows may be referred to by: its key, or a name that is unique, perhaps in its region."""
    alone = {(column,), (column, "region")}
    return column in target.primary_key or bool(alone & {*target.unique, *target.unique_if_set})


def _operations(resource: Resource) -> Iterator[Problem]:
    from botocore.model import OperationNotFoundError

    for call in _calls(resource):
        try:
            aws.operation(resource.service or "", call.operation)
        except OperationNotFoundError:
            yield Problem(resource.table, None, f"{resource.service} has no operation {call.operation}")


def _arguments(resource: Resource) -> Iterator[Problem]:
    """Arguments that no input has, and templates that name no column."""
    known = {column.name for column in resource.declared} | OURS
    for call in _calls(resource):
        members = aws.members(resource.service or "", call.operation)
        for member in call.arguments:
            if member not in members:
                yield Problem(resource.table, None, f"{call.operation} has no input {member}")
        for name in names(call.templates(resource.service or "", resource.says)) - known:
            yield Problem(resource.table, name, f"{call.operation} names no column ${name}")


def _required(resource: Resource) -> Iterator[Problem]:
    """Inputs that AWS asks for and that nothing feeds."""
    for verb in verbs(resource):
        narrow = not any(verb is other for other in (resource.create, *resource.update, *_puts(resource)))
        for call in calls(verb):
            fed = _fed(resource, call, narrow=narrow)
            for member in aws.required(resource.service or "", call.operation):
                if member not in fed:
                    yield Problem(resource.table, None, f"{call.operation} asks for {member}, which no column feeds")


def _fed(resource: Resource, call: Call, *, narrow: bool) -> set[str]:
    service = resource.service or ""
    declared = {column.name for column in resource.declared}
    free = resource.identifying if narrow else declared
    named = {m for m in call.by_name(service, resource.says) if (resource.feeds.get(m) or aws.snake(m)) in free}
    templates = {m for m, part in call.templates(service, resource.says).items() if part is not None}
    by = {where.partition(":")[0] for where in call.by.values()}
    return named | templates | by | aws.idempotent(service, call.operation)


def _puts(resource: Resource) -> Iterator[Verb]:
    return (aspect.put for aspect in resource.aspects if isinstance(aspect, Aspect) and aspect.put is not None)


def _paths(resource: Resource) -> Iterator[Problem]:
    for call in _calls(resource):
        try:
            jmespath.compile(call.path)
            told(resource.service or "", call)
        except (JMESPathError, NoSuchMember) as error:
            yield Problem(resource.table, None, f"{call.operation}: {error}")


def _columns(resource: Resource) -> Iterator[Problem]:
    """Columns that match nothing, and required ones that only AWS can fill."""
    taken = created_with(resource).union(*(takes_of(resource, verb) for verb in writes(resource)))
    for column in resource.in_cloud:
        read = _is_told(resource, column)
        if read is False and column.role != "write_only":
            words = "nothing reads it back" if column.name in taken else "matches no member"
            yield Problem(resource.table, column.name, words)
        filled = column.optional or column.default is not None or column.role not in ("computed", "volatile")
        if resource.create is not None and not filled and not column.why:
            yield Problem(resource.table, column.name, "is required, and only AWS can fill it")
        if column.needed and not column.optional:
            yield Problem(resource.table, column.name, "is needed in a new row, as any column that is not nullable")


def _is_told(resource: Resource, column: Column) -> bool | None:
    """Whether some answer tells the column; None when the model cannot say."""
    if callable(column.path) or (column.name == "region" and column.references):
        return True
    if any(column.name in aspect.columns and aspect.get is not None for aspect in resource.aspects):
        return True
    if any(reference.column == column.name and reference.table in resource.pers for reference in resource.references):
        return True
    shapes = list(_answers(resource))
    if any(_tells(shape, column) for shape in shapes if shape is not None):
        return True
    clever = None in shapes or resource.unfold is not None
    return None if clever else False


def _answers(resource: Resource) -> Iterator[Any]:
    """The shapes of one row in each answer that describes it; None for one that the model cannot tell."""
    if resource.shape is not None and output_members(resource):
        yield aws.model(resource.service or "").shape_for(resource.shape)
    for verb in (resource.list, resource.get, *resource.details):
        if isinstance(verb, Call):
            yield element(told(resource.service or "", verb))
        elif verb is not None:
            yield None


def _tells(shape: Any, column: Column) -> bool:
    for path in (column.path, column.member):
        try:
            if isinstance(path, str) and (at(shape, path) is not None or (not aws.is_name(path) and "(" in path)):
                return True
        except NoSuchMember:
            continue
    if shape.type_name == "map":
        keys = getattr(shape.key, "enum", None)
        return not keys or any(key == column.bound_as or aws.snake(key) == column.name for key in keys)
    return any(aws.snake(member) == column.name for member in getattr(shape, "members", {}))


def _waits(resource: Resource) -> Iterator[Problem]:
    waits: list[Wait | None] = [resource.wait, resource.gone]
    waits += [aspect.wait for aspect in resource.aspects if isinstance(aspect, Aspect)]
    for state in resource.preconditions.values():
        waits += [state.entered, state.left]
    for wait in waits:
        if isinstance(wait, str) and not _is_waiter(resource.service or "", wait):
            yield Problem(resource.table, None, f"{resource.service} has no waiter {wait}")


def _is_waiter(service: str, name: str) -> bool:
    try:
        return bool(aws.waiter_operation(service, name))
    except KeyError:
        return False


def _calls(resource: Resource) -> Iterator[Call]:
    waits = (w.call for w in (resource.wait, resource.gone) if isinstance(w, Until))
    for verb in (*verbs(resource), *waits):
        yield from calls(verb)


def disagreements(resource: Resource, schema: Mapping[str, Any]) -> list[Problem]:
    """Derived roles that CloudFormation's schema of the type contradicts, and about which the declaration says nothing.

    schema   as CloudFormation publishes it: properties, readOnlyProperties, createOnlyProperties
    """
    found = []
    for column in resource.in_cloud:
        theirs = _published(column, schema)
        ours = "replace" if column.role == "key" else column.role
        if theirs is not None and ours != theirs and not column.why:
            found.append(Problem(resource.table, column.name, f"is {ours}; CloudFormation says {theirs}: say why"))
    return found


def _published(column: Column, schema: Mapping[str, Any]) -> str | None:
    name = next((p for p in schema.get("properties", {}) if p == column.bound_as or aws.snake(p) == column.name), None)
    if name is None or column.role in ("volatile", "write_only", "local"):
        return None
    pointer = f"/properties/{name}"
    if pointer in schema.get("readOnlyProperties", ()):
        return "computed"
    return "replace" if pointer in schema.get("createOnlyProperties", ()) else "mutable"
