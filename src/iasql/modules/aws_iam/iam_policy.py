"""A managed policy of the account's own; those that AWS keeps are no rows, and may be attached by their ARN."""

from __future__ import annotations

from datetime import datetime

from iasql.modules.aws_iam.policy_versions import delete, make_again, put_version
from iasql.resource import (
    Aspect,
    Call,
    Policy,
    Resource,
    Tagging,
    Tags,
    cloud_id,
    column,
    computed,
    key,
    row,
    volatile,
)

MADE_AGAIN = "AWS makes it anew, and it is attached where it was"


@row
class IamPolicy:
    """A document of what is allowed, attached to any number of roles, users and groups."""

    policy_name: str = key()
    arn: str | None = cloud_id()
    policy_document: Policy = column(why="it is changed by another version, which becomes the default")
    description: str | None = column(why=MADE_AGAIN)
    path: str | None = column(cleared="/", why=MADE_AGAIN)
    policy_id: str | None = computed()
    default_version_id: str | None = computed()
    attachment_count: int | None = volatile(comment="How many roles, users and groups it is attached to.")
    create_date: datetime | None = computed()
    tags: Tags | None = column()


IAM_POLICY = Resource(
    IamPolicy,
    service="iam",
    shape="Policy",
    says={"PolicyArn": "$arn"},
    list=Call("ListPolicies", "Policies", Scope="Local"),
    details=Call("GetPolicy", "Policy"),
    create=Call("CreatePolicy", "Policy"),
    update=make_again,
    delete=delete,
    aspects=(
        Aspect("policy_document", Call("GetPolicyVersion", "PolicyVersion.Document", VersionId="$default_version_id"),
               put=put_version),
        Tagging("tags", put=Call("TagPolicy", Tags="$set"), remove=Call("UntagPolicy", TagKeys="$unset")),
    ),
)  # fmt: skip
