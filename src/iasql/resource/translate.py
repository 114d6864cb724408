"""Between what AWS tells and takes, and images in cloud domain."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

import jmespath

from iasql.resource.column import Column
from iasql.resource.image import Image, Value
from iasql.resource.resource import Resource
from iasql.resource.service import is_name, snake

Way: TypeAlias = Callable[[Mapping[str, Any]], Any]
"""Where an item tells a column."""


def load(resource: Resource, item: Mapping[str, Any]) -> Image:
    """The columns that an item of an answer tells; a column that it does not tell is not in the image."""
    by_name = {snake(member): value for member, value in item.items()}
    found = ((column, _told(column, ways, item, by_name)) for column, ways in _ways(resource))
    return {column.name: column.kind.load(value) for column, value in found if value is not None}


def load_value(column: Column, value: Any) -> Value:
    """The image value of what a call told about one column."""
    return None if value is None else column.kind.load(value)


def dump(resource: Resource, image: Mapping[str, Value]) -> dict[str, Any]:
    """The values of an image (in cloud domain) as AWS takes them; null ones left out."""
    return {
        column.name: column.kind.dump(image[column.name])
        for column in resource.declared
        if column.role != "local" and image.get(column.name) is not None
    }


def whole(resource: Resource, image: Mapping[str, Value]) -> Image:
    """The image with every column that a cloud image has, null where it says nothing."""
    return {column.name: image.get(column.name) for column in resource.in_cloud}


def identity(image: Mapping[str, Value], columns: tuple[str, ...]) -> tuple[Value, ...] | None:
    """The values that name a row in the cloud; None while one of them is missing."""
    values = tuple(image.get(name) for name in columns)
    return None if any(value is None for value in values) else values


@functools.cache  # a declaration never changes, and a list tells thousands of rows
def _ways(resource: Resource) -> tuple[tuple[Column, tuple[Way, ...]], ...]:
    """The columns that an answer tells, each with where to look, in order."""
    return tuple((column, tuple(_ways_to(column))) for column in resource.in_cloud)


def _ways_to(column: Column) -> Iterator[Way]:
    if callable(column.path):
        yield column.path
        return
    for path in (column.path, column.member):
        if path is not None:
            yield operator.methodcaller("get", path) if is_name(path) else jmespath.compile(path).search


def _told(column: Column, ways: tuple[Way, ...], item: Mapping[str, Any], by_name: Mapping[str, Any]) -> Any:
    for way in ways:
        found = way(item)
        if found is not None:
            return found
    return None if callable(column.path) else by_name.get(column.name)
