"""Whom CloudTrail names for a change; its answers are canned, as the stand-in has no LookupEvents."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from iasql.cloud.trail import Event, TrailUnreadable, last_change
from tests.unit.cloud.canned import Canned


def event(name: str, user: str, day: int, request: str, read_only: str = "false") -> dict[str, Any]:
    """One event as CloudTrail tells it."""
    at = datetime(2026, 1, day, tzinfo=UTC)
    told = json.dumps({"requestID": request})
    return {"EventName": name, "Username": user, "EventTime": at, "ReadOnly": read_only, "CloudTrailEvent": told}


EVENTS = [
    event("DescribeSecurityGroups", "reader", 5, "r5", "true"),
    event("RevokeSecurityGroupIngress", "iasql", 4, "r4"),
    event("AuthorizeSecurityGroupIngress", "mallory", 3, "r3"),
    event("CreateSecurityGroup", "ann", 2, "r2"),
]


def test_the_last_change_that_was_not_ours() -> None:
    session = Canned(LookupEvents={"Events": EVENTS})
    found = last_change(session, "eu-west-1", ["sg-1"], {"r4"})
    assert found == Event(name="AuthorizeSecurityGroupIngress", user="mallory", at=datetime(2026, 1, 3, tzinfo=UTC))
    (asked,) = session.sent("LookupEvents")
    assert asked["LookupAttributes"] == [{"AttributeKey": "ResourceName", "AttributeValue": "sg-1"}]


def test_by_one_name_and_another() -> None:
    def answer(asked: Any) -> dict[str, Any]:
        return {"Events": EVENTS[3:] if asked["LookupAttributes"][0]["AttributeValue"] == "arn" else EVENTS[:1]}

    session = Canned(LookupEvents=answer)
    found = last_change(session, None, ["sg-1", "arn"], set())
    assert found is not None
    assert found.user == "ann"
    assert last_change(session, None, ["sg-1"], set()) is None


def test_it_cannot_be_read() -> None:
    with pytest.raises(TrailUnreadable, match="AccessDenied"):
        last_change(Canned(LookupEvents="AccessDeniedException"), None, ["sg-1"], set())
