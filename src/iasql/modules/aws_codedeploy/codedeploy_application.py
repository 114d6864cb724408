"""An application: the name under which revisions are deployed."""

from __future__ import annotations

from typing import Literal

from iasql.resource import Call, Region, Resource, cloud_id, column, region, row


@row
class CodedeployApplication:
    """What CodeDeploy deploys, under one name."""

    name: str = cloud_id(member="applicationName")
    application_id: str | None = column()
    compute_platform: Literal["Lambda", "Server", "ECS"] = column(default="Server")
    region: Region = region()


CODEDEPLOY_APPLICATION = Resource(
    CodedeployApplication,
    service="codedeploy",
    shape="ApplicationInfo",
    unique=(("name", "region"),),
    list=Call("ListApplications", "applications[].{applicationName: @}"),
    details=Call("GetApplication", "application"),
    create=Call("CreateApplication"),
    delete=Call("DeleteApplication"),
    absent="ApplicationDoesNotExistException",
    replace_order="delete_first",
)
