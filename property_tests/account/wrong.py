"""Values that AWS would refuse, told by the declaration and by AWS's model: none of them gets as far as a call."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from iasql.resource import Column, Resource
from iasql.resource.fault import Fault

TEXTS: tuple[Any, ...] = ("", "\x01", "no such thing", "x" * 70_000)
NUMBERS: tuple[Any, ...] = (-1, 10**10)
DOCUMENTS: tuple[Any, ...] = ({}, {"\x01": "\x01"}, {"Rules": 1}, [], [1])
"""Something is wrong with one of these wherever anything can be wrong."""
BY_TYPE = {"integer": NUMBERS, "double precision": NUMBERS, "text[]": ([], ["\x01"]), "boolean": ()}


def candidates(column: Column) -> tuple[Any, ...]:
    """Values of the column's type."""
    if column.kind.sql in ("json", "jsonb"):
        return DOCUMENTS
    return BY_TYPE.get(column.kind.sql, TEXTS)


def refused(resource: Resource) -> Iterator[tuple[Column, Any, Fault]]:
    """For each column that takes not everything, a value that a plan refuses, and what it says."""
    for column in resource.columns:
        if not column.settable or column.references is not None or column.lists is not None:
            continue
        for value in candidates(column):
            found = resource.faults({column.name: value}, [column.name])
            if found:
                yield column, value, found[0]
                break
