"""Deployments: start_deployment() makes one; AWS deletes none."""

from __future__ import annotations

from typing import Literal

from iasql.modules.aws_codedeploy.codedeploy_deployment_group import full_name
from iasql.resource import Call, Json, Region, Resource, cloud_id, column, ref, region, row


@row
class CodedeployDeployment:
    """A revision on its way to a deployment group, or there."""

    deployment_id: str | None = cloud_id()
    description: str | None = column()
    external_id: str | None = column()
    status: (
        Literal["Baking", "Created", "Failed", "InProgress", "Queued", "Ready", "Stopped", "Succeeded"] | None
    ) = column()  # fmt: skip
    location: Json | None = column(path="revision", comment="Where the revision is.")
    region: Region = region()
    application_id: int = ref("codedeploy_application", path="applicationName")
    deployment_group_id: int = ref(
        "codedeploy_deployment_group", called_by="full_name", path=full_name, on_delete="cascade"
    )


CODEDEPLOY_DEPLOYMENT = Resource(
    CodedeployDeployment,
    service="codedeploy",
    shape="DeploymentInfo",
    unique_if_set=(("deployment_id",),),
    list=Call("ListDeployments", "deployments[].{deploymentId: @}"),
    details=Call("GetDeployment", "deploymentInfo"),
    absent="DeploymentDoesNotExistException",
)
