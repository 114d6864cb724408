"""A launch template: a row holds what its default version says; a change is a new version that becomes the default."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from iasql.resource import (
    Aspect,
    Call,
    Encoded,
    Json,
    Region,
    Resource,
    Tags,
    cloud_id,
    column,
    computed,
    ec2_tags,
    region,
    row,
    takes,
)


@row
class LaunchTemplate:
    """What instances are made after: their image, type, groups and disks."""

    launch_template_id: str | None = cloud_id()
    launch_template_name: str = column(
        pattern=r"[a-zA-Z0-9().\-/_]{3,128}", allowed="3 to 128 letters, digits and ().-/_"
    )
    data: Json = column(comment="What an instance is made with, as AWS writes it, but for UserData.")
    user_data: Encoded | None = column(masked=True, comment="What an instance runs when it first starts.")
    default_version_number: int | None = computed()
    latest_version_number: int | None = computed()
    tags: Tags | None = column()
    region: Region = region()


def read(ec2: Any, template: Mapping[str, Any]) -> dict[str, Any]:
    """What the default version says."""
    which = {"LaunchTemplateId": template["launch_template_id"], "Versions": ["$Default"]}
    (version,) = ec2.describe_launch_template_versions(**which)["LaunchTemplateVersions"]
    said = dict(version["LaunchTemplateData"])
    return {"UserData": said.pop("UserData", None), "Data": said}


def said(template: Mapping[str, Any]) -> dict[str, Any]:
    """The row's data as AWS takes it; botocore encodes no user data of templates."""
    script = template.get("user_data")
    more = {"UserData": base64.b64encode(script.encode()).decode()} if script else {}
    return {**template["data"], **more}


@takes("launch_template_name", "data", "user_data")
def create(ec2: Any, template: Mapping[str, Any]) -> Any:
    """Makes the template with its first version."""
    made = ec2.create_launch_template(
        LaunchTemplateName=template["launch_template_name"],
        LaunchTemplateData=said(template),
        ClientToken=template["token"],
    )
    return made["LaunchTemplate"]


@takes("data", "user_data")
def write(ec2: Any, template: Mapping[str, Any]) -> None:
    """Makes another version, and the default of it."""
    which = template["launch_template_id"]
    made = ec2.create_launch_template_version(LaunchTemplateId=which, LaunchTemplateData=said(template))
    number = str(made["LaunchTemplateVersion"]["VersionNumber"])
    ec2.modify_launch_template(LaunchTemplateId=which, DefaultVersion=number)


LAUNCH_TEMPLATE = Resource(
    LaunchTemplate,
    service="ec2",
    shape="LaunchTemplate",
    unique=(("launch_template_name", "region"),),
    unique_if_set=(("launch_template_id", "region"),),
    list=Call("DescribeLaunchTemplates", "LaunchTemplates",
              by={"launch_template_id": "LaunchTemplateIds", "launch_template_name": "LaunchTemplateNames"}),
    create=create,
    repeatable=True,
    delete=Call("DeleteLaunchTemplate"),
    absent=("InvalidLaunchTemplateId.NotFound", "InvalidLaunchTemplateName.NotFoundException"),
    exists="InvalidLaunchTemplateName.AlreadyExistsException",
    # Its name is taken until it is gone.
    replace_order="delete_first",
    aspects=(
        Aspect(("data", "user_data"), read, put=write),
        ec2_tags("launch-template", "launch_template_id"),
    ),
)  # fmt: skip
