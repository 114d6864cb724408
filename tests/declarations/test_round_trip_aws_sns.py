"""Topics and subscriptions go to a stand-in of AWS and come back."""

from __future__ import annotations

import json
from typing import Any

import pytest

from iasql.cloud import writer
from tests.declarations.stand_in import HERE, RESOURCES, THERE, Cloud, agrees
from tests.unit.cloud.canned import Canned

ARN = f"arn:aws:sns:{HERE}:123456789012:news"


def policy(action: str) -> str:
    statement = {"Effect": "Allow", "Principal": "*", "Action": [action], "Resource": ARN}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_topic(cloud: Cloud) -> None:
    row = cloud.create("topic", name="news", fifo_topic=False, display_name="News", tags={"a": "1"})
    assert agrees(row, name="news", arn=ARN, fifo_topic=False, display_name="News", tags={"a": "1"})
    row = cloud.update("topic", row, policy=policy("sns:Publish"), kms_master_key_id="alias/mine", tags={"b": "2"})
    assert agrees(row, kms_master_key_id="alias/mine", display_name="News", tags={"b": "2"})
    assert json.loads(row["policy"]) == json.loads(policy("sns:Publish"))
    row = cloud.update("topic", row, policy=None, display_name=None)
    assert json.loads(row["policy"])["Id"] == "__default_policy_ID"
    assert not row["display_name"]
    cloud.delete("topic", row)


def test_policies_that_say_the_same_are_the_same() -> None:
    kind = RESOURCES["topic"].column("policy").kind
    assert kind.same(policy("SNS:Publish"), policy("sns:publish").replace(" ", ""))
    assert not kind.same(policy("sns:Publish"), policy("sns:Subscribe"))


def test_fifo_topic(cloud: Cloud) -> None:
    row = cloud.create("topic", THERE, name="news.fifo", fifo_topic=True, content_based_deduplication="true")
    assert agrees(row, fifo_topic=True, content_based_deduplication="true", region=THERE)
    row = cloud.update("topic", row, THERE, content_based_deduplication=None)
    assert agrees(row, content_based_deduplication="false")
    cloud.delete("topic", row, THERE)


def test_subscription(cloud: Cloud) -> None:
    topic = cloud.create("topic", name="news", fifo_topic=False)
    row = cloud.create("subscription", topic=topic["arn"], protocol="email", endpoint="ann@example.com")
    assert agrees(row, topic=topic["arn"], protocol="email", endpoint="ann@example.com", region=HERE)
    assert str(row["arn"]).startswith(ARN)
    cloud.delete("subscription", row)


def test_an_unanswered_subscription_stays() -> None:
    stays = RESOURCES["subscription"].stays
    assert stays is not None
    assert "confirmation" in str(stays({"arn": "PendingConfirmation"}))
    assert stays({"arn": f"{ARN}:1"}) is None


@pytest.mark.parametrize(("value", "sent"), [({"Name": "p"}, '{"Name":"p"}'), (None, "")])
def test_a_data_protection_policy_is_put(value: Any, sent: str) -> None:
    """The stand-in has no PutDataProtectionPolicy, and no GetDataProtectionPolicy."""
    aws = Canned()
    row = {"name": "news", "arn": ARN, "region": HERE}
    writer.update(aws, RESOURCES["topic"], HERE, row, row | {"data_protection_policy": value},
                  frozenset({"data_protection_policy"}))  # fmt: skip
    assert aws.calls == [("PutDataProtectionPolicy", {"ResourceArn": ARN, "DataProtectionPolicy": sent})]
