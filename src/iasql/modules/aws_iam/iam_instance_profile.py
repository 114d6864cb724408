"""An instance profile, by which EC2 instances carry a role. A role that EC2 may assume has one of its own name, which
comes and goes with it (ec2_trust.py) and is a row from the next refresh on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from iasql.modules.aws_iam.ec2_trust import drop_profile
from iasql.resource import Aspect, Call, Resource, Tagging, Tags, column, computed, key, ref, row, takes


@row
class IamInstanceProfile:
    """What an EC2 instance carries a role by."""

    instance_profile_name: str = key()
    arn: str | None = computed()
    path: str | None = column()
    role_name: str | None = ref(
        "iam_role",
        column="role_name",
        on_delete="cascade",
        on_update="cascade",
        path="Roles[0].RoleName",
        comment="The role that instances get by it; null: none.",
    )
    instance_profile_id: str | None = computed()
    create_date: datetime | None = computed()
    tags: Tags | None = column()


@takes("instance_profile_name", "path")
def create(iam: Any, profile: Mapping[str, Any]) -> Any:
    """Makes the profile, unless it has just come with its role."""
    name, path = profile["instance_profile_name"], profile.get("path") or "/"
    try:
        return iam.create_instance_profile(InstanceProfileName=name, Path=path)["InstanceProfile"]
    except iam.exceptions.EntityAlreadyExistsException:
        found = iam.get_instance_profile(InstanceProfileName=name)["InstanceProfile"]
        if found["Path"] != path or roles_in(found) != [profile.get("role_name")]:
            raise
        return found


@takes("instance_profile_name", "role_name")
def put_role(iam: Any, profile: Mapping[str, Any]) -> None:
    """Puts the role into the profile, in the place of the one that it has, or takes that one away."""
    name, role = profile["instance_profile_name"], profile.get("role_name")
    held = roles_in(iam.get_instance_profile(InstanceProfileName=name)["InstanceProfile"])
    for other in held:
        if other != role:
            iam.remove_role_from_instance_profile(InstanceProfileName=name, RoleName=other)
    if role is not None and role not in held:
        iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=role)


@takes("instance_profile_name")
def delete(iam: Any, profile: Mapping[str, Any]) -> None:
    """Deletes the profile, emptied first; one that went with its role is gone."""
    drop_profile(iam, profile["instance_profile_name"])


def roles_in(profile: Mapping[str, Any]) -> list[str]:
    """The names of the roles in a profile: none, or one."""
    return [role["RoleName"] for role in profile.get("Roles") or ()]


IAM_INSTANCE_PROFILE = Resource(
    IamInstanceProfile,
    service="iam",
    shape="InstanceProfile",
    list=Call("ListInstanceProfiles", "InstanceProfiles"),
    details=Call("GetInstanceProfile", "InstanceProfile"),
    create=create,
    delete=delete,
    wait="InstanceProfileExists",
    aspects=(
        Aspect("role_name", put=put_role),
        Tagging("tags", put=Call("TagInstanceProfile", Tags="$set"),
                remove=Call("UntagInstanceProfile", TagKeys="$unset")),
    ),
)  # fmt: skip
