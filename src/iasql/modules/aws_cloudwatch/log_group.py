"""A log group of CloudWatch Logs."""

from __future__ import annotations

from datetime import datetime

from iasql.resource import Aspect, Call, Region, Resource, Tagging, Tags, cloud_id, column, region, row


@row
class LogGroup:
    """A group of log streams that share retention and access settings."""

    log_group_name: str = cloud_id()
    log_group_arn: str | None = column(member="arn")
    creation_time: datetime | None = column()
    retention_in_days: int | None = column(comment="How long events are kept; null: for ever.")
    tags: Tags | None = column()
    region: Region = region()


LOG_GROUP = Resource(
    LogGroup,
    service="logs",
    shape="LogGroup",
    unique=(("log_group_name", "region"),),
    list=Call("DescribeLogGroups", "logGroups", by={"log_group_name": "logGroupNamePrefix"}),
    create=Call("CreateLogGroup"),
    delete=Call("DeleteLogGroup"),
    holds_data="its events",
    aspects=(
        Aspect("retention_in_days", put=Call("PutRetentionPolicy"), clear=Call("DeleteRetentionPolicy")),
        # The calls by ARN take it without the ":*" that it is known with; these take the name.
        Tagging("tags", get=Call("ListTagsLogGroup", "tags"), put=Call("TagLogGroup", tags="$set"),
                remove=Call("UntagLogGroup", tags="$unset")),
    ),
)  # fmt: skip
