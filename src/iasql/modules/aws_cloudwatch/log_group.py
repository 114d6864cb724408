"""A log group of CloudWatch Logs."""

from __future__ import annotations

from datetime import datetime

from iasql.resource import Aspect, Call, Region, Resource, Tagging, Tags, cloud_id, column, region, row

DAYS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)


@row
class LogGroup:
    """A group of log streams that share retention and access settings."""

    log_group_name: str = cloud_id()
    log_group_arn: str | None = column(member="arn")
    creation_time: datetime | None = column()
    retention_in_days: int | None = column(among=DAYS, comment="How long events are kept; null: for ever.")
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
