"""Values of one column: what its kind and the shapes of AWS's model allow."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from iasql.resource import Column, Enum, Resource
from iasql.resource.fault import refusal
from iasql.resource.fit import fit
from iasql.resource.kinds import (
    Boolean,
    CidrBlock,
    Integer,
    JsonValue,
    Kind,
    Moment,
    Number,
    PolicyDocument,
    PortNumber,
    ProtocolText,
    RegionText,
    Strings,
    TagsValue,
    Text,
)
from iasql.resource.places import shapes_of

PLAIN = "abcdefghijklmnopqrstuvwxyz0123456789-"
LONGEST = 40
"""Long enough to differ; AWS's own limits reach thousands of characters."""


def values(resource: Resource, column: Column) -> st.SearchStrategy[Any]:
    """Values that AWS's model allows in a column, as an image holds them."""
    shapes = shapes_of(resource, column.name) if resource.service else []
    made = _of_kind(column, shapes[0] if shapes else None)
    return made.filter(lambda value: _allowed(column, shapes, value))


def _allowed(column: Column, shapes: list[Any], value: Any) -> bool:
    taken = column.kind.dump(value)
    return all(refusal(shape, fit(shape, taken)) is None for shape in shapes)


def _of_kind(column: Column, shape: Any) -> st.SearchStrategy[Any]:
    kind: Kind = column.kind
    if isinstance(kind, Enum):
        return st.sampled_from(kind.values)
    return next(make for base, make in BY_KIND.items() if isinstance(kind, base))(column, shape)


def text(column: Column, shape: Any) -> st.SearchStrategy[str]:
    """Texts as long as allowed, of the pattern that the declaration or the model names."""
    about = {} if shape is None else shape.metadata
    if about.get("enum"):
        return st.sampled_from(about["enum"])
    least, most = column.limits.length or (about.get("min", 1), about.get("max", LONGEST))
    size = {"min_size": max(int(least), 1), "max_size": max(min(int(most), LONGEST), int(least))}
    pattern = column.limits.pattern or about.get("pattern")
    if pattern is None or _takes_plain(pattern):
        return st.text("abcdefghijklmnopqrstuvwxyz0123456789", **size)
    made = st.from_regex(re.compile(pattern, re.ASCII), fullmatch=True)
    return made.filter(lambda value: size["min_size"] <= len(value) <= size["max_size"] and value.isprintable())


def _takes_plain(pattern: str) -> bool:
    """Whether ordinary words are in the pattern: they shrink better and need no filter."""
    try:
        return all(re.fullmatch(pattern, word, re.ASCII) for word in ("abc", "a1b2c3", "0z" * 10))
    except re.error:
        return True


def number(column: Column, shape: Any) -> st.SearchStrategy[Any]:
    """Whole numbers that the limits allow."""
    if column.limits.among:
        return st.sampled_from(column.limits.among)
    about = {} if shape is None else shape.metadata
    least, most = column.limits.between or (about.get("min", 0), about.get("max", 2**31 - 1))
    return st.integers(int(least), min(int(most), 2**31 - 1))


TAG = st.text(PLAIN, min_size=1, max_size=12)
POLICIES = st.builds(
    lambda service, sid: {
        "Version": "2012-10-17",
        "Statement": [{"Sid": sid, "Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}],
    },
    st.sampled_from(["ec2.amazonaws.com", "lambda.amazonaws.com", "ecs-tasks.amazonaws.com"]),
    st.text("abcdefgh", min_size=1, max_size=8),
)
NETWORKS = st.integers(0, 255).map(lambda part: f"10.{part}.0.0/16")
ADDRESS = st.text("abcdefgh", min_size=1, max_size=8)

Make = Callable[[Column, Any], st.SearchStrategy[Any]]
BY_KIND: dict[type[Kind], Make] = {
    ProtocolText: lambda column, shape: st.sampled_from(["tcp", "udp"]),
    RegionText: lambda column, shape: st.just("us-east-1"),
    Text: text,
    PortNumber: lambda column, shape: st.integers(1, 65_535),
    Integer: number,
    Number: lambda column, shape: st.integers(-1000, 1000).map(float),
    Boolean: lambda column, shape: st.booleans(),
    Moment: lambda column, shape: st.just("2024-01-01T00:00:00+00:00"),
    TagsValue: lambda column, shape: st.dictionaries(TAG, TAG, min_size=1, max_size=3),
    PolicyDocument: lambda column, shape: POLICIES,
    CidrBlock: lambda column, shape: NETWORKS,
    Strings: lambda column, shape: st.lists(ADDRESS, min_size=1, max_size=3, unique=True).map(sorted),
    JsonValue: lambda column, shape: st.nothing(),
}
"""Kind -> values of it; the first that fits, so the special ones stand before those that they derive from."""
