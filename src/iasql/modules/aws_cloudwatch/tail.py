"""log_group_tail: the events of a log group, which no table holds."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from iasql.errors import InvalidArgument
from iasql.resource import Argument, Function

if TYPE_CHECKING:
    from collections.abc import Iterator

LIMIT = 1000
"""How many events one call shows, as the original did."""


def tail(context: Any, *, log_group_name: str, region: str | None) -> Iterator[dict[str, Any]]:
    """One row an event, oldest first."""
    if not log_group_name:
        raise InvalidArgument("log_group_tail needs the name of a log group")
    logs = context.client("logs", region or context.default_region)
    pages = logs.get_paginator("filter_log_events").paginate(
        logGroupName=log_group_name, PaginationConfig={"MaxItems": LIMIT}
    )
    for event in pages.search("events[]"):
        yield {
            "event_id": event.get("eventId"),
            "log_stream_name": event.get("logStreamName"),
            "event_timestamp": datetime.fromtimestamp(event["timestamp"] / 1000, UTC).isoformat(),
            "message": event.get("message"),
        }


LOG_GROUP_TAIL = Function(
    name="log_group_tail",
    arguments=(Argument("log_group_name", "text"), Argument("region", "text", "default_aws_region()")),
    returns=(
        ("event_id", "text"),
        ("log_stream_name", "text"),
        ("event_timestamp", "timestamptz"),
        ("message", "text"),
    ),
    run=tail,
    comment="The first 1000 events of a log group.",
    sample="select * from log_group_tail('/aws/lambda/my-function')",
)
