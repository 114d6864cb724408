"""What both functions take and give: options and tags as JSON, and one row with the outcome."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from iasql.resource import Argument

RETURNS = (("arn", "text"), ("status", "text"), ("message", "text"))
OPTIONS = (Argument("options", "jsonb", "'{}'"), Argument("tags", "jsonb", "'{}'"))
REGION = Argument("region", "text", "default_aws_region()")


class Wrong(Exception):
    """What a caller gave does not fit; the message says what is allowed."""


def outcome(status: str, message: str, arn: str | None = None) -> Iterator[Mapping[str, Any]]:
    """The one row."""
    yield {"arn": arn, "status": status, "message": message}


def given(context: Any, **needed: str | None) -> None:
    """Raises where an argument is empty, or the region is none of the enabled ones."""
    missing = [name for name, value in needed.items() if not value]
    if missing:
        raise Wrong(f"there is no value for {', '.join(missing)}")
    enabled = sorted(row["region"] for row in context.rows("aws_regions") if row["is_enabled"])
    if needed["region"] not in enabled:
        raise Wrong(f"region {needed['region']} is not enabled; allowed: {', '.join(enabled)}")


def options_of(told: Any, allowed: frozenset[str]) -> dict[str, Any]:
    """The options, whose names are AWS's own."""
    told = {} if told is None else told
    if not isinstance(told, dict) or not set(told) <= allowed:
        raise Wrong(f"options must be an object with none but {', '.join(sorted(allowed))}")
    return told


def tags_of(told: Any) -> list[dict[str, str]]:
    """Tags as AWS takes them."""
    told = {} if told is None else told
    if not isinstance(told, dict):
        raise Wrong('tags must be an object, as {"name": "value"}')
    return [{"Key": key, "Value": str(value)} for key, value in told.items()]
