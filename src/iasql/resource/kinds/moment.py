"""A point in time, written as to_jsonb(timestamptz) writes it with timezone UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import attrs

from iasql.resource.image import Value
from iasql.resource.kinds.kind import Kind

MILLISECONDS_FROM = 100_000_000_000
"""A number of seconds that large is the year 5138: such a number counts milliseconds (CloudWatch Logs)."""


def moment(value: Any) -> datetime:
    """The point in time that AWS or PostgreSQL wrote: a datetime, ISO text, or seconds or milliseconds since 1970."""
    if isinstance(value, str) and not value.replace(".", "", 1).isdigit():
        value = datetime.fromisoformat(value)
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    seconds = float(value)
    return datetime.fromtimestamp(seconds / 1000 if seconds >= MILLISECONDS_FROM else seconds, UTC)


def written(value: datetime) -> str:
    """A point in time as PostgreSQL writes it: no trailing zeros in the fraction."""
    text = value.strftime("%Y-%m-%dT%H:%M:%S")
    fraction = f".{value.microsecond:06}".rstrip("0").rstrip(".")
    return f"{text}{fraction}+00:00"


@attrs.frozen
class Moment(Kind):
    """A point in time."""

    sql: str = "timestamp with time zone"

    def load(self, value: Any) -> Value:
        return written(moment(value))

    def dump(self, value: Value) -> Any:
        return moment(value)

    def canonical(self, value: Value) -> Value:
        return None if value is None else written(moment(value))
