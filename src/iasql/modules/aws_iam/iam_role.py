"""A role, its attached policies, and the instance profile by which EC2 instances carry it."""

from __future__ import annotations

from iasql.modules.aws_iam.attached import attached_policies, attaching, beside
from iasql.modules.aws_iam.ec2_trust import delete, keep_profile, trust
from iasql.resource import Aspect, Call, Image, Policy, Resource, StringSet, Tagging, Tags, column, key, row


@row
class IamRole:
    """An identity with permissions, for whoever it trusts to assume."""

    arn: str | None = column()
    role_name: str = key()
    assume_role_policy_document: Policy = column()
    description: str | None = column(cleared="")
    attached_policies_arns: StringSet | None = attached_policies("role")
    path: str | None = column()
    max_session_duration: int | None = column(cleared=3600)
    tags: Tags | None = column()


def stays(role: Image) -> str | None:
    """A service makes its own roles, and deletes them itself."""
    linked = (role.get("path") or "").startswith("/aws-service-role/")
    return "an AWS service owns this role" if linked else None


IAM_ROLE = Resource(
    IamRole,
    service="iam",
    shape="Role",
    list=Call("ListRoles", "Roles"),
    get=Call("GetRole", "Role"),
    create=Call("CreateRole", "Role"),
    update=Call("UpdateRole"),
    delete=delete,
    after=keep_profile,
    stays=stays,
    beside=beside("Role"),
    aspects=(
        Aspect("assume_role_policy_document", put=trust),
        attaching("Role"),
        Tagging("tags", get=Call("ListRoleTags", "Tags"), put=Call("TagRole", Tags="$set"),
                remove=Call("UntagRole", TagKeys="$unset")),
    ),
)  # fmt: skip
