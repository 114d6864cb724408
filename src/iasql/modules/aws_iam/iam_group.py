"""A group of users, all of whom have what it is allowed."""

from __future__ import annotations

from datetime import datetime

from iasql.modules.aws_iam.attached import attached_policies, attaching, beside
from iasql.resource import Call, Members, Resource, StringSet, column, computed, key, refs, row


@row
class IamGroup:
    """Users who share what they are allowed."""

    group_name: str = key()
    arn: str | None = computed()
    path: str | None = column(cleared="/")
    group_id: str | None = computed()
    create_date: datetime | None = computed()
    user_names: StringSet | None = refs("iam_user", column="user_name", comment="The users in it.")
    attached_policies_arns: StringSet | None = attached_policies("group")


IAM_GROUP = Resource(
    IamGroup,
    service="iam",
    shape="Group",
    list=Call("ListGroups", "Groups"),
    get=Call("GetGroup", "Group"),
    create=Call("CreateGroup", "Group"),
    update=Call("UpdateGroup", NewPath="$path"),
    delete=Call("DeleteGroup"),
    beside=beside("Group"),
    aspects=(
        Members("user_names", Call("GetGroup", "Users[].UserName"),
                add=Call("AddUserToGroup", UserName="$item"), remove=Call("RemoveUserFromGroup", UserName="$item")),
        attaching("Group"),
    ),
)  # fmt: skip
