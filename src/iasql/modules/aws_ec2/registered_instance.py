"""An instance that takes requests of a target group."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iasql.resource import Call, Region, Resource, column, ref, region, row, takes


@row
class RegisteredInstance:
    """An instance among a target group's targets."""

    port: int | None = column(
        path="Target.Port", role="replace", between=(1, 65535), comment="Null: the target group's own port."
    )
    region: Region = region(follows="target_group_id")
    instance: int | None = ref("instance", path="Target.Id", role="replace", needed=True, on_delete="cascade")
    target_group_id: int | None = ref(
        "target_group", member="TargetGroupArn", role="replace", needed=True, on_delete="cascade"
    )


@takes("instance", "target_group_id", "port")
def register(elb: Any, target: Mapping[str, Any]) -> dict[str, Any]:
    """Registers the instance; what is told has the port, which is the target group's where the row says none."""
    arn, port = target["target_group_id"], target.get("port")
    if port is None:
        port = elb.describe_target_groups(TargetGroupArns=[arn])["TargetGroups"][0]["Port"]
    one = {"Id": target["instance"], "Port": port}
    elb.register_targets(TargetGroupArn=arn, Targets=[one])
    return {"TargetGroupArn": arn, "Target": one}


HERE = "TargetHealthDescriptions[?starts_with(Target.Id, 'i-') && TargetHealth.State != 'draining']"

REGISTERED_INSTANCE = Resource(
    RegisteredInstance,
    service="elbv2",
    shape="TargetHealthDescription",
    cloud_id=("instance", "target_group_id", "port"),
    unique=(("instance", "target_group_id", "port", "region"),),
    per="target_group",
    per_column="target_group_arn",
    list=Call("DescribeTargetHealth", HERE),
    create=register,
    repeatable=True,
    delete=Call("DeregisterTargets", Targets=[{"Id": "$instance", "Port": "$port"}]),
    absent=("TargetGroupNotFound", "InvalidTarget: does not exist"),
    not_yet="InvalidTarget",
)
