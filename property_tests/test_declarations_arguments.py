"""Every argument that a declaration binds passes botocore's own validator; no AWS, no stand-in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from botocore.validate import ParamValidator
from hypothesis import given
from hypothesis import strategies as st

from iasql.cloud.writer import Writing
from iasql.modules import discover
from iasql.resource import Aspect, Call, Either, Image, Members, Resource, Tagging, Verb
from iasql.resource import service as aws
from iasql.resource.kinds import Text
from iasql.resource.roles import created_with
from property_tests.pace import for_each_resource
from property_tests.strategies import changes, rows

RESOURCES = [r for module in discover().values() for r in module.resources if r.create or r.delete]


def assert_valid(resource: Resource, call: Call, arguments: Mapping[str, Any]) -> None:
    shape = aws.operation(resource.service or "", call.operation).input_shape
    report = ParamValidator().validate(dict(arguments), shape) if shape is not None else None
    assert report is None or not report.has_errors(), f"{call.operation}: {report.generate_report()}"


def called(resource: Resource, verb: Verb | None, values: Mapping[str, Any], *, narrow: bool = False) -> None:
    """What a declared call would send; hand-written verbs are tested where they are carried out."""
    if isinstance(verb, Either):
        verb = verb.chosen(values)
    if isinstance(verb, Call):
        assert_valid(resource, verb, resource.arguments(verb, values, narrow=narrow))


def written(
    resource: Resource, image: Image, names: frozenset[str]
) -> Iterator[tuple[Verb | None, dict[str, Any], bool]]:
    """The verbs that write these columns, with the values that they get."""
    writing = Writing(session=None, resource=resource, region="us-east-1", journal=None)  # type: ignore[arg-type]
    values = writing.updating(image, image, names)
    for aspect in resource.aspects:
        for name in names.intersection(aspect.columns):
            elements = image.get(name)
            if isinstance(aspect, Members):
                for element in elements or ():
                    yield aspect.add, values | {"item": element}, True
                    yield aspect.remove, values | {"item": element}, True
            elif isinstance(aspect, Tagging) and elements:
                tags = [{"Key": key, "Value": value} for key, value in elements.items()]
                keys = {"set": tags, "unset": sorted(elements), "unset_tags": [{"Key": key} for key in elements]}
                yield aspect.put, values | keys, True
                yield aspect.remove, values | keys, True
            elif isinstance(aspect, Aspect) and elements is not None:
                yield aspect.put, values, False
                yield aspect.clear, values, True


def with_cloud_id(resource: Resource, image: Image) -> Image:
    """The row as it is once it exists."""
    told = (c.name for c in resource.columns if c.role == "computed" and isinstance(c.kind, Text) and not c.references)
    names = {*resource.cloud_id, *told}
    ends = {name: f"{resource.table}-{'0123456789abcdef' * 3}" for name in names if image.get(name) is None}
    return image | {n: f"arn:aws:any:us-east-1:123456789012:{end}" if n == "arn" else end for n, end in ends.items()}


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: resource.table)
@for_each_resource
@given(data=st.data())
def test_bound_arguments_pass_botocores_validator(resource: Resource, data: st.DataObject) -> None:
    image = data.draw(rows(resource))
    writing = Writing(session=None, resource=resource, region="us-east-1", journal=None)  # type: ignore[arg-type]
    if resource.create is not None:
        called(resource, resource.create, writing.creation(image, "a token"))
    there = with_cloud_id(resource, image)
    rest = frozenset(image) - created_with(resource) if resource.create else frozenset(image)
    for verb, values, narrow in written(resource, there, rest):
        called(resource, verb, values, narrow=narrow)
    changed = data.draw(changes(resource, there))
    for verb in resource.update:
        called(resource, verb, writing.updating(there, changed, frozenset(changed)))
    for verb, values, narrow in written(resource, changed, frozenset(changed)):
        called(resource, verb, values, narrow=narrow)
    for after in resource.after:
        called(resource, after.call, writing.dumped(there), narrow=True)
    called(resource, resource.delete, writing.dumped(there), narrow=True)
