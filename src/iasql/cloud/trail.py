"""Who changed a resource behind our back, as CloudTrail tells it where it can be read.

CloudTrail keeps 90 days and answers twice a second; it names resources as each service pleases, so that a change may
well have no event that could be found. The next step is `iasql.engine.drift`.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

import attrs
from botocore.exceptions import BotoCoreError, ClientError

from iasql.cloud.session import Session
from iasql.cloud.verdict import verdict

GLOBAL = "us-east-1"
"""Where events of services without regions are kept."""


@attrs.frozen(kw_only=True)
class Event:
    """One call that changed something: its name, who made it and when."""

    name: str
    user: str | None
    at: datetime


class TrailUnreadable(Exception):
    """CloudTrail could not be asked."""


def last_change(aws: Session, region: str | None, names: Iterable[str], ours: Collection[str]) -> Event | None:
    """The youngest call on a resource of one of these names that was not ours (by request id); None if none is known.

    Raises TrailUnreadable.
    """
    client = aws.client("cloudtrail", region or GLOBAL)
    for name in names:
        try:
            asked = [{"AttributeKey": "ResourceName", "AttributeValue": name}]
            found = client.lookup_events(LookupAttributes=asked, MaxResults=50).get("Events", [])
        except (ClientError, BotoCoreError) as error:
            raise TrailUnreadable(str(verdict(error))) from error
        for told in sorted(found, key=lambda each: each["EventTime"], reverse=True):
            if told.get("ReadOnly") != "true" and _request_id(told) not in ours:
                return Event(name=told["EventName"], user=told.get("Username"), at=told["EventTime"])
    return None


def _request_id(told: dict[str, Any]) -> str | None:
    found = json.loads(told.get("CloudTrailEvent") or "{}").get("requestID")
    return None if found is None else str(found)
