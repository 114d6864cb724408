"""The people of the story who do not use IaSQL: they look at AWS, and change it, with boto3."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    import boto3

REGION = "us-east-1"
Rows = list[dict[str, Any]]


@attrs.frozen(kw_only=True)
class Look:
    """What somebody types, and what they see."""

    shown: str
    run: Callable[[boto3.Session], Rows]


def _security_groups(aws: boto3.Session) -> Rows:
    wanted = [{"Name": "group-name", "Values": ["shop-*"]}]
    found = aws.client("ec2").describe_security_groups(Filters=wanted)["SecurityGroups"]
    return [
        {
            "GroupId": group["GroupId"],
            "GroupName": group["GroupName"],
            "ingress": [f"{rule['FromPort']} from {rule['IpRanges'][0]['CidrIp']}" for rule in group["IpPermissions"]],
            "egress": [rule["IpProtocol"] for rule in group["IpPermissionsEgress"]],
        }
        for group in found
    ]


def _buckets(aws: boto3.Session) -> Rows:
    return [{"Name": bucket["Name"]} for bucket in aws.client("s3").list_buckets()["Buckets"]]


def _colleague(aws: boto3.Session) -> Rows:
    aws.client("s3").create_bucket(Bucket="made-by-hand")
    return _slower(aws, 90)


def _slower(aws: boto3.Session, seconds: int) -> Rows:
    sqs = aws.client("sqs")
    url = sqs.get_queue_url(QueueName="shop-orders")["QueueUrl"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": str(seconds)})
    return []


LOOKS = {
    "security_groups": Look(
        shown='ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": ["shop-*"]}])',
        run=_security_groups,
    ),
    "buckets": Look(shown="s3.list_buckets()", run=_buckets),
    "colleague": Look(
        shown='s3.create_bucket(Bucket="made-by-hand")\n'
        'sqs.set_queue_attributes(QueueUrl=..., Attributes={"VisibilityTimeout": "90"})',
        run=_colleague,
    ),
    "colleague_again": Look(
        shown='sqs.set_queue_attributes(QueueUrl=..., Attributes={"VisibilityTimeout": "45"})',
        run=lambda aws: _slower(aws, 45),
    ),
}
