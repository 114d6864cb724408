"""A target group: how targets are reached is fixed when it is made, how their health is checked is not."""

from __future__ import annotations

from typing import Literal

from iasql.modules.aws_elb.elb_tags import elb_tags
from iasql.resource import Call, Region, Resource, Tags, cloud_id, column, ref, region, row

NAME = r"(?!.*--)[a-zA-Z0-9]([a-zA-Z0-9-]{0,30}[a-zA-Z0-9])?"
SAID = "1 to 32 letters, digits and hyphens, with a letter or digit at either end"


@row
class TargetGroup:
    """Machines, addresses or functions among which a load balancer shares requests."""

    target_group_name: str = column(pattern=NAME, allowed=SAID, why="CloudFormation sets it by Name")
    target_type: Literal["alb", "instance", "ip", "lambda"] = column()
    target_group_arn: str | None = cloud_id()
    ip_address_type: Literal["ipv4", "ipv6"] | None = column()
    protocol: Literal["GENEVE", "HTTP", "HTTPS", "TCP", "TCP_UDP", "TLS", "UDP"] | None = column()
    port: int | None = column(between=(1, 65535))
    health_check_protocol: Literal["GENEVE", "HTTP", "HTTPS", "TCP", "TCP_UDP", "TLS", "UDP"] | None = column()
    health_check_port: str | None = column(
        pattern=r"traffic-port|[1-9]\d{0,4}", allowed="a port, or traffic-port: the one that requests come in by"
    )
    health_check_enabled: bool | None = column()
    health_check_interval_seconds: int | None = column(between=(5, 300))
    health_check_timeout_seconds: int | None = column(between=(2, 120))
    healthy_threshold_count: int | None = column(between=(2, 10))
    unhealthy_threshold_count: int | None = column(between=(2, 10))
    health_check_path: str | None = column()
    protocol_version: Literal["GRPC", "HTTP1", "HTTP2"] | None = column()
    tags: Tags | None = column()
    region: Region = region()
    vpc: int | None = ref("vpc", member="VpcId", comment="Null: the default VPC; of functions (lambda) none.")


TARGET_GROUP = Resource(
    TargetGroup,
    service="elbv2",
    shape="TargetGroup",
    says={"Name": "$target_group_name"},
    unique=(("target_group_name", "region"),),
    unique_if_set=(("target_group_arn",),),
    list=Call(
        "DescribeTargetGroups",
        "TargetGroups",
        by={"target_group_arn": "TargetGroupArns", "target_group_name": "Names"},
    ),
    create=Call("CreateTargetGroup", "TargetGroups[0]"),
    update=Call("ModifyTargetGroup"),
    delete=Call("DeleteTargetGroup"),
    absent="TargetGroupNotFound",
    exists="DuplicateTargetGroupName",
    at_once=20,
    # Its name is taken until it is gone.
    replace_order="delete_first",
    aspects=(elb_tags("target_group_arn"),),
)
