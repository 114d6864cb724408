"""A queue: known by its URL, told and set attribute by attribute, every value a text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iasql.resource import (
    Aspect,
    Call,
    Image,
    Policy,
    Region,
    Resource,
    Tagging,
    Tags,
    cloud_id,
    column,
    given,
    region,
    row,
    volatile,
)
from iasql.resource.service import partition_of


def name(queue: Mapping[str, Any]) -> str | None:
    """A queue's name, which AWS tells only as the end of its ARN and of its URL."""
    if "QueueArn" in queue:
        return str(queue["QueueArn"]).rpartition(":")[2]
    return str(queue["QueueUrl"]).rpartition("/")[2] if "QueueUrl" in queue else None


def is_fifo(queue: Mapping[str, Any]) -> bool | None:
    """Whether it keeps the order of messages, which AWS tells only of a queue that does."""
    return "FifoQueue" in queue if "QueueArn" in queue else None


def as_made(queue: Image) -> Image | None:
    """A new queue is as it was asked for, empty, and its ARN says what its URL says."""
    *_, account, name = str(queue["url"]).split("/")
    partition = partition_of(queue["region"])
    if partition is None or not account.isdecimal():
        return None
    told = {"arn": f"arn:{partition}:sqs:{queue['region']}:{account}:{name}", "approximate_number_of_messages": 0}
    return queue | told


@row
class Queue:
    """A queue that keeps messages until a consumer takes them."""

    url: str | None = cloud_id(member="QueueUrl")
    name: str = column(
        member="QueueName",
        path=name,
        pattern=r"[A-Za-z0-9_-]{1,75}(\.fifo)?|[A-Za-z0-9_-]{76,80}",
        allowed="up to 80 letters, digits, hyphens and underscores, and .fifo at the end of a FIFO queue's",
    )
    fifo_queue: bool = column(default=False, path=is_fifo)
    visibility_timeout: int = column(default=30, between=(0, 43_200))
    delay_seconds: int = column(default=0, between=(0, 900))
    receive_message_wait_time_seconds: int = column(default=0, between=(0, 20))
    message_retention_period: int = column(default=345_600, between=(60, 1_209_600))
    maximum_message_size: int = column(default=262_144, between=(1024, 1_048_576))
    policy: Policy | None = column(comment="Who may use the queue; null: what AWS decides.")
    arn: str | None = column(member="QueueArn")
    tags: Tags | None = column()
    approximate_number_of_messages: int | None = volatile()
    region: Region = region()


def attribute(column: str, member: str, **more: Any) -> Aspect:
    """One attribute by itself, so that a change of one never sends the others back to an older value."""
    return Aspect(column, put=Call("SetQueueAttributes", Attributes={member: f"${column}"}), **more)


ATTRIBUTES = {
    "visibility_timeout": "VisibilityTimeout",
    "delay_seconds": "DelaySeconds",
    "receive_message_wait_time_seconds": "ReceiveMessageWaitTimeSeconds",
    "message_retention_period": "MessageRetentionPeriod",
    "maximum_message_size": "MaximumMessageSize",
    "policy": "Policy",
}

QUEUE = Resource(
    Queue,
    service="sqs",
    unique=(("name", "region"),),
    unique_if_set=(("arn",),),
    list=Call("ListQueues", "QueueUrls[].{QueueUrl: @}", by={"name": "QueueNamePrefix"}),
    details=Call("GetQueueAttributes", "Attributes", AttributeNames=["All"]),
    create=Call("CreateQueue", Attributes={
        **{member: f"${column}" for column, member in ATTRIBUTES.items()},
        "FifoQueue": given("fifo_queue", "true", when=True),  # AWS refuses "false"
    }),
    delete=Call("DeleteQueue"),
    absent=("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"),
    not_yet=("AWS.SimpleQueueService.QueueDeletedRecently", "QueueDeletedRecently"),
    holds_data="its messages",
    as_made=as_made,
    # A queue's name is free again only a minute after it was deleted.
    replace_order="delete_first",
    aspects=(
        *(attribute(column, member) for column, member in ATTRIBUTES.items() if column != "policy"),
        attribute("policy", "Policy", clear=Call("SetQueueAttributes", Attributes={"Policy": ""})),
        Tagging("tags", get=Call("ListQueueTags", "Tags"), put=Call("TagQueue", Tags="$set"),
                remove=Call("UntagQueue", TagKeys="$unset")),
    ),
)  # fmt: skip
