"""Any JSON; AWS sends some as text."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import attrs

from iasql.resource.image import Value
from iasql.resource.kinds.kind import Kind
from iasql.resource.kinds.moment import moment, written


class Json(dict[str, Any]):
    """Annotation of a column that holds any JSON."""


class JsonSet(list[Any]):
    """Annotation of a column that holds a JSON array whose order means nothing."""


def plain(value: Any) -> Value:
    """A value with the datetimes in it as text and the sets as lists, so that it is JSON."""
    if isinstance(value, datetime):
        return written(moment(value))
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


@attrs.frozen
class JsonValue(Kind):
    """Any JSON."""

    def load(self, value: Any) -> Value:
        return json.loads(value) if isinstance(value, str) and value[:1] in ("{", "[") else plain(value)

    def canonical(self, value: Value) -> Value:
        return None if value in ({}, []) else value


@attrs.frozen
class UnorderedJson(JsonValue):
    """A JSON array whose order means nothing: the entries of a network ACL."""

    def canonical(self, value: Value) -> Value:
        return sorted(value, key=_text) if isinstance(value, list) and value else None

    def fault(self, value: Value) -> str | None:
        return None if isinstance(value, list) else "a JSON array"


def _text(value: Value) -> str:
    return json.dumps(value, sort_keys=True)
