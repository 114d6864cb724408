"""A deployment group: the instances of an application, told by their tags, and how revisions get there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from iasql.resource import Call, Json, Region, Resource, column, computed, ref, region, row


def full_name(group: Mapping[str, Any]) -> str | None:
    """Application and group, by which deployments tell of it."""
    names = (group.get("applicationName"), group.get("deploymentGroupName"))
    return "/".join(map(str, names)) if all(names) else None


@row
class CodedeployDeploymentGroup:
    """The instances that an application is deployed to."""

    name: str = column(member="deploymentGroupName", role="replace", why="a new name is another group's")
    deployment_group_id: str | None = column()
    deployment_config_name: Literal[
        "CodeDeployDefault.AllAtOnce", "CodeDeployDefault.HalfAtATime", "CodeDeployDefault.OneAtATime",
        "CodeDeployDefault.LambdaCanary10Percent5Minutes", "CodeDeployDefault.LambdaCanary10Percent10Minutes",
        "CodeDeployDefault.LambdaCanary10Percent15Minutes", "CodeDeployDefault.LambdaCanary10Percent30Minutes",
        "CodeDeployDefault.LambdaLinear10Percent1Minute", "CodeDeployDefault.LambdaLinear10Percent2Minutes",
        "CodeDeployDefault.LambdaLinear10Percent3Minutes", "CodeDeployDefault.LambdaLinear10Percent10Minutes",
        "CodeDeployDefault.LambdaAllAtOnce",
    ] = column(default="CodeDeployDefault.OneAtATime")  # fmt: skip
    deployment_style: Json | None = column()
    ec2_tag_filters: Json | None = column()
    full_name: str | None = computed(path=full_name, comment="Application and group, with a slash between.")
    region: Region = region()
    application_id: int = ref("codedeploy_application", path="applicationName", role="replace")
    role_name: str | None = ref("iam_role", column="role_name", called_by="arn", member="serviceRoleArn")


GROUP = {"applicationName": "$application_id", "deploymentGroupName": "$name"}

CODEDEPLOY_DEPLOYMENT_GROUP = Resource(
    CodedeployDeploymentGroup,
    service="codedeploy",
    shape="DeploymentGroupInfo",
    says=GROUP,
    cloud_id=("application_id", "name", "region"),
    unique=(("application_id", "name"),),
    unique_if_set=(("full_name", "region"),),
    per="codedeploy_application",
    per_column="name",
    list=Call("ListDeploymentGroups", "deploymentGroups[].{deploymentGroupName: @}"),
    details=Call("GetDeploymentGroup", "deploymentGroupInfo"),
    create=Call("CreateDeploymentGroup"),
    update=Call("UpdateDeploymentGroup", currentDeploymentGroupName="$name", newDeploymentGroupName=None),
    delete=Call("DeleteDeploymentGroup"),
    absent=("DeploymentGroupDoesNotExistException", "ApplicationDoesNotExistException"),
    # A new role is not known everywhere at once.
    not_yet="InvalidRoleException",
    replace_order="delete_first",
)
