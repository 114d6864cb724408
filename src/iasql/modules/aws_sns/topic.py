"""A topic: told and set attribute by attribute, every value a text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from iasql.resource import (
    Aspect,
    Call,
    Document,
    Json,
    Region,
    Resource,
    Tagging,
    Tags,
    cloud_id,
    column,
    given,
    region,
    row,
    takes,
)

UNREAD = "read by a call of its own for each topic, which AWS leaves to accounts that used it before"


def name(topic: Mapping[str, Any]) -> str | None:
    """A topic's name, which AWS tells only as the end of its ARN."""
    return str(topic["TopicArn"]).rpartition(":")[2] if "TopicArn" in topic else None


def is_fifo(topic: Mapping[str, Any]) -> bool | None:
    """Whether it keeps the order of messages, which AWS tells only of a topic that does."""
    return topic.get("FifoTopic") == "true" if "Policy" in topic else None


@row
class Topic:
    """A topic: what is published there goes to every subscription."""

    name: str = column(
        path=name,
        pattern=r"[A-Za-z0-9_-]{1,251}(\.fifo)?|[A-Za-z0-9_-]{252,256}",
        allowed="up to 256 letters, digits, hyphens and underscores, and .fifo at the end of a FIFO topic's",
    )
    delivery_policy: Document | None = column(comment="How often and how fast HTTP deliveries are tried again.")
    display_name: str | None = column()
    policy: Document | None = column(comment="Who may use the topic; null: what AWS decides.")
    tracing_config: str | None = column(pattern="PassThrough|Active", allowed="PassThrough or Active")
    kms_master_key_id: str | None = column()
    signature_version: str | None = column(pattern="[12]", allowed="1 or 2")
    content_based_deduplication: str | None = column(pattern="true|false", allowed="true or false")
    fifo_topic: bool = column(default=False, path=is_fifo)
    data_protection_policy: Json | None = column(role="write_only", why=UNREAD)
    arn: str | None = cloud_id(member="TopicArn")
    tags: Tags | None = column()
    region: Region = region()


@takes("arn")
def as_new(sns: Any, topic: Mapping[str, Any]) -> None:
    """Puts the policy back that a new topic has: its owner may do everything."""
    account = topic["arn"].split(":")[4]
    owner = {"Sid": "__default_statement_ID", "Effect": "Allow", "Principal": {"AWS": "*"}, "Resource": topic["arn"],
             "Action": [f"SNS:{action}" for action in ACTIONS],
             "Condition": {"StringEquals": {"AWS:SourceOwner": account}}}  # fmt: skip
    policy = json.dumps({"Version": "2008-10-17", "Id": "__default_policy_ID", "Statement": [owner]})
    sns.set_topic_attributes(TopicArn=topic["arn"], AttributeName="Policy", AttributeValue=policy)


def attribute(column: str, member: str, clear: Any) -> Aspect:
    """One attribute, and what stands there when nobody says anything."""
    if isinstance(clear, str):
        clear = Call("SetTopicAttributes", AttributeName=member, AttributeValue=clear)
    return Aspect(
        column, put=Call("SetTopicAttributes", AttributeName=member, AttributeValue=f"${column}"), clear=clear
    )


ACTIONS = ("GetTopicAttributes", "SetTopicAttributes", "AddPermission", "RemovePermission", "DeleteTopic", "Subscribe",
           "ListSubscriptionsByTopic", "Publish")  # fmt: skip
ATTRIBUTES: dict[str, tuple[str, Any]] = {
    "delivery_policy": ("DeliveryPolicy", ""),
    "display_name": ("DisplayName", ""),
    "policy": ("Policy", as_new),
    "tracing_config": ("TracingConfig", "PassThrough"),
    "kms_master_key_id": ("KmsMasterKeyId", ""),
    "signature_version": ("SignatureVersion", "1"),
    "content_based_deduplication": ("ContentBasedDeduplication", "false"),
}
"""Column -> AWS's name of the attribute, and what clears it."""

TOPIC = Resource(
    Topic,
    service="sns",
    shape="Topic",
    says={"ResourceArn": "$arn"},
    unique=(("name", "region"),),
    unique_if_set=(("arn",),),
    checks={"a_fifo_topic_is_named_fifo": "fifo_topic = (name like '%.fifo')"},
    list=Call("ListTopics", "Topics"),
    details=Call("GetTopicAttributes", "Attributes"),
    create=Call("CreateTopic", Attributes={
        **{member: f"${column}" for column, (member, _) in ATTRIBUTES.items()},
        "FifoTopic": given("fifo_topic", "true", when=True),
    }),
    delete=Call("DeleteTopic"),
    absent=("NotFound", "NotFoundException", "ResourceNotFound", "ResourceNotFoundException"),
    not_yet=("ConcurrentAccess", "ConcurrentAccessException"),
    replace_order="delete_first",
    aspects=(
        *(attribute(column, *said) for column, said in ATTRIBUTES.items()),
        Aspect("data_protection_policy", put=Call("PutDataProtectionPolicy"),
               clear=Call("PutDataProtectionPolicy", DataProtectionPolicy="")),
        Tagging("tags", get=Call("ListTagsForResource", "Tags"), put=Call("TagResource", Tags="$set"),
                remove=Call("UntagResource", TagKeys="$unset")),
    ),
)  # fmt: skip
