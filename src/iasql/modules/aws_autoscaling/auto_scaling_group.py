"""An Auto Scaling group; its instances are AWS's to make and end, and rows of `instance` only when they are read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from iasql.modules.aws_autoscaling.group_tags import put_tags
from iasql.resource import (
    Aspect,
    Call,
    Members,
    Region,
    Resource,
    StringList,
    StringSet,
    Tags,
    Until,
    cloud_id,
    column,
    computed,
    ref,
    refs,
    region,
    row,
    takes,
)


def subnets(group: Mapping[str, Any]) -> list[str] | None:
    """The subnets in which it makes instances, which AWS tells as one text."""
    told = group.get("VPCZoneIdentifier")
    return sorted(told.split(",")) if told else None


@row
class AutoScalingGroup:
    """Instances that come and go by need."""

    auto_scaling_group_name: str = cloud_id()
    auto_scaling_group_arn: str | None = computed(member="AutoScalingGroupARN")
    launch_template_id: int = ref("launch_template", path="LaunchTemplate.LaunchTemplateId")
    launch_template_version: str = column(
        default="$Default", path="LaunchTemplate.Version", comment="A number, $Default or $Latest."
    )
    min_size: int = column(default=0)
    max_size: int = column()
    desired_capacity: int | None = column(comment="Null: the least size. Policies change it.")
    subnets: StringSet = refs("subnet", column="subnet_id", path=subnets)
    availability_zones: StringSet | None = computed(why="they follow from the subnets")
    target_group_arns: StringSet | None = refs("target_group", column="target_group_arn", member="TargetGroupARNs")
    health_check_type: Literal["EC2", "ELB", "EC2,ELB"] | None = column()
    health_check_grace_period: int | None = column()
    default_cooldown: int | None = column()
    termination_policies: StringList | None = column(cleared=("Default",))
    new_instances_protected_from_scale_in: bool | None = column()
    capacity_rebalance: bool | None = column()
    max_instance_lifetime: int | None = column(cleared=0)
    created_time: datetime | None = computed()
    tags: Tags | None = column(comment="Also the tags of its instances.")
    region: Region = region()


PLAIN = {
    "MinSize": "min_size",
    "MaxSize": "max_size",
    "DesiredCapacity": "desired_capacity",
    "HealthCheckType": "health_check_type",
    "HealthCheckGracePeriod": "health_check_grace_period",
    "DefaultCooldown": "default_cooldown",
    "TerminationPolicies": "termination_policies",
    "NewInstancesProtectedFromScaleIn": "new_instances_protected_from_scale_in",
    "CapacityRebalance": "capacity_rebalance",
    "MaxInstanceLifetime": "max_instance_lifetime",
}
TAKEN = ("auto_scaling_group_name", "launch_template_id", "launch_template_version", "subnets", *PLAIN.values())


def said(group: Mapping[str, Any]) -> dict[str, Any]:
    """What a call is told of the group."""
    template = {"LaunchTemplateId": group["launch_template_id"], "Version": group["launch_template_version"]}
    plain = {member: group[name] for member, name in PLAIN.items() if group.get(name) is not None}
    name = group["auto_scaling_group_name"]
    return {"AutoScalingGroupName": name, "LaunchTemplate": template, "VPCZoneIdentifier": ",".join(group["subnets"]),
            **plain}  # fmt: skip


@takes(*TAKEN)
def create(autoscaling: Any, group: Mapping[str, Any]) -> None:
    """Makes the group; its instances follow by themselves."""
    autoscaling.create_auto_scaling_group(**said(group))


@takes(*TAKEN)
def change(autoscaling: Any, group: Mapping[str, Any]) -> None:
    """Changes the group in place; instances that are there stay as they were made."""
    autoscaling.update_auto_scaling_group(**said(group))


NAMED = Call("DescribeAutoScalingGroups", AutoScalingGroupNames=["$auto_scaling_group_name"])

AUTO_SCALING_GROUP = Resource(
    AutoScalingGroup,
    service="autoscaling",
    shape="AutoScalingGroup",
    unique=(("auto_scaling_group_name", "region"),),
    list=Call("DescribeAutoScalingGroups", "AutoScalingGroups[?!Status && LaunchTemplate]",
              by={"auto_scaling_group_name": "AutoScalingGroupNames"}),
    create=create,
    update=change,
    delete=Call("DeleteAutoScalingGroup", ForceDelete=True),
    gone=Until(NAMED, "length(AutoScalingGroups) == `0`", delay=5.0),
    absent="ValidationError: not found",
    exists="AlreadyExists",
    not_yet=("ScalingActivityInProgress", "ResourceContention"),
    holds_data="its instances",
    # Its name is taken until it is gone.
    replace_order="delete_first",
    at_once=50,
    aspects=(
        Members("target_group_arns", add=Call("AttachLoadBalancerTargetGroups", TargetGroupARNs=["$item"]),
                remove=Call("DetachLoadBalancerTargetGroups", TargetGroupARNs=["$item"])),
        Aspect("tags", put=put_tags, clear=put_tags),
    ),
)  # fmt: skip
