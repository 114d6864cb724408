"""A service: keeps tasks of one task definition running, with addresses in subnets of one's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from iasql.modules.aws_ecs_fargate.ecs_tags import ecs_tags, sent_tags
from iasql.resource import (
    Aspect,
    Call,
    Fixed,
    Region,
    Resource,
    StringSet,
    Tags,
    Until,
    cloud_id,
    column,
    ref,
    refs,
    region,
    row,
    takes,
)


@row
class Service:
    """Tasks that ECS keeps running, and replaces when they end."""

    name: str = column(member="serviceName", why="CloudFormation sets it by ServiceName")
    arn: str | None = cloud_id(member="serviceArn")
    status: str | None = column()
    desired_count: int = column()
    subnets: StringSet = refs("subnet", column="subnet_id", path="networkConfiguration.awsvpcConfiguration.subnets")
    assign_public_ip: Literal["DISABLED", "ENABLED"] = column(
        default="DISABLED", path="networkConfiguration.awsvpcConfiguration.assignPublicIp"
    )
    tags: Tags | None = column()
    region: Region = region()
    cluster_id: int | None = ref("cluster", member="clusterArn", with_region=False, role="replace")
    task_definition_id: int | None = ref("task_definition", path="taskDefinition", with_region=False, needed=True)
    target_group_id: int | None = ref("target_group", path="loadBalancers[0].targetGroupArn", with_region=False)


@takes(
    "name",
    "desired_count",
    "subnets",
    "assign_public_ip",
    "tags",
    "cluster_id",
    "task_definition_id",
    "target_group_id",
)
def create(ecs: Any, row: Mapping[str, Any]) -> Any:
    """Makes the service, a member of its security groups; its target group gets the container that has a port."""
    groups = [member["security_group_id"] for member in row.get("$service_security_groups", ())]
    place = {"subnets": row["subnets"], "securityGroups": groups, "assignPublicIp": row["assign_public_ip"]}
    return ecs.create_service(
        serviceName=row["name"],
        taskDefinition=row.get("task_definition_id"),
        desiredCount=row["desired_count"],
        launchType="FARGATE",
        networkConfiguration={"awsvpcConfiguration": place},
        loadBalancers=balanced(ecs, row),
        clientToken=row["token"],
        **({"cluster": row["cluster_id"]} if row.get("cluster_id") else {}),  # else the default cluster
        **sent_tags(row),
    )["service"]


def balanced(ecs: Any, row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """How a target group finds the service's tasks."""
    if row.get("target_group_id") is None:
        return []
    told = ecs.describe_task_definition(taskDefinition=row["task_definition_id"])["taskDefinition"]
    ports = ((one["name"], one["portMappings"][0]) for one in told["containerDefinitions"] if one.get("portMappings"))
    name, port = next(ports, ("", {"containerPort": 0}))
    group = {"targetGroupArn": row["target_group_id"], "containerName": name, "containerPort": port["containerPort"]}
    return [group]


@takes("subnets", "assign_public_ip")
def move(ecs: Any, row: Mapping[str, Any]) -> None:
    """Gives the service's tasks addresses in other subnets; its security groups stay."""
    place = {**network_of(ecs, row["arn"]), "subnets": row["subnets"], "assignPublicIp": row["assign_public_ip"]}
    settle(ecs, row["arn"], place)


def network_of(ecs: Any, arn: str) -> dict[str, Any]:
    """Subnets and security groups of a service, as ECS has them now."""
    (told,) = ecs.describe_services(cluster=cluster_of(arn), services=[arn])["services"]
    found: dict[str, Any] = told["networkConfiguration"]["awsvpcConfiguration"]
    return found


def settle(ecs: Any, arn: str, place: dict[str, Any]) -> None:
    """Gives a service another place in the network."""
    ecs.update_service(cluster=cluster_of(arn), service=arn, networkConfiguration={"awsvpcConfiguration": place})


def cluster_of(arn: str) -> str:
    """The cluster of a service, by its name."""
    return arn.split("/")[-2]


@takes("arn", "cluster_id")
def delete(ecs: Any, row: Mapping[str, Any]) -> None:
    """Deletes a service with the tasks that it keeps running."""
    ecs.delete_service(cluster=cluster_of(row["arn"]), service=row["arn"], force=True)


ONE: dict[str, Any] = {"cluster": "$cluster_id", "services": ["$arn"]}
SERVICE_CALL: dict[str, Any] = {"cluster": "$cluster_id", "service": "$arn"}

SERVICE = Resource(
    Service,
    service="ecs",
    shape="Service",
    unique=(("name", "region"),),
    fixed=Fixed(
        columns=("region",),
        guard="block_ecs_service_region_update",
        what="Service region",
        hint="Insert a service in the other region, then delete this row.",
    ),
    per="cluster",
    per_column="cluster_arn",
    list=Call("ListServices", "serviceArns[].{serviceArn: @}", cluster="$cluster_id", launchType="FARGATE"),
    # ECS tells of a deleted service for a while.
    details=Call("DescribeServices", "services[?status == 'ACTIVE'] | [0]", include=["TAGS"], **ONE),
    create=create,
    repeatable=True,
    delete=delete,
    gone=Until(Call("DescribeServices", **ONE), "length(services[?status != 'INACTIVE']) == `0`", attempts=450,
               absent="ClusterNotFoundException"),
    absent=("ServiceNotFoundException", "ServiceNotActiveException", "ClusterNotFoundException"),
    # A service of that name is still being deleted.
    not_yet="InvalidParameterException: Unable to Start a service that is still Draining",
    # Its name is taken until it is gone.
    replace_order="delete_first",
    aspects=(
        Aspect("desired_count", put=Call("UpdateService", desiredCount="$desired_count", **SERVICE_CALL)),
        Aspect("task_definition_id", put=Call("UpdateService", taskDefinition="$task_definition_id", desiredCount=None,
                                              **SERVICE_CALL)),
        Aspect(("subnets", "assign_public_ip"), put=move),
        ecs_tags("arn"),
    ),
)  # fmt: skip
