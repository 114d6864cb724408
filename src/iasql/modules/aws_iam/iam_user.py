"""A user and its attached policies. Its password and keys come by functions (secrets.py)."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from iasql.modules.aws_iam.attached import attached_policies, attaching, beside
from iasql.resource import Call, Resource, StringSet, Tagging, Tags, column, key, row, sql, takes


@row
class IamUser:
    """A person or program that signs in to the account by itself."""

    arn: str | None = column()
    user_name: str = key()
    create_date: datetime = column(default=sql("now()"))
    path: str | None = column(cleared="/")
    user_id: str | None = column()
    attached_policies_arns: StringSet | None = attached_policies("user")
    tags: Tags | None = column()


@takes("user_name")
def delete(iam: Any, user: Mapping[str, Any]) -> None:
    """Deletes a user with its password, which AWS wants gone first."""
    with suppress(iam.exceptions.NoSuchEntityException):  # most users have none
        iam.delete_login_profile(UserName=user["user_name"])
    iam.delete_user(UserName=user["user_name"])


IAM_USER = Resource(
    IamUser,
    service="iam",
    shape="User",
    list=Call("ListUsers", "Users"),
    get=Call("GetUser", "User"),
    create=Call("CreateUser", "User"),
    update=Call("UpdateUser", NewPath="$path"),
    delete=delete,
    wait="UserExists",
    beside=beside("User"),
    aspects=(
        attaching("User"),
        Tagging("tags", get=Call("ListUserTags", "Tags"), put=Call("TagUser", Tags="$set"),
                remove=Call("UntagUser", TagKeys="$unset")),
    ),
)  # fmt: skip
