"""A user's access key: access_key_request() makes one, since its secret is told only once."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from iasql.resource import Call, Resource, cloud_id, column, ref, row, sql


@row
class AccessKey:
    """A key that a user signs requests with; its row may be switched off, and deleted."""

    access_key_id: str = cloud_id()
    create_date: datetime = column(default=sql("now()"))
    status: Literal["Active", "Inactive"] | None = column()
    user_name: str = ref("iam_user", column="user_name", cloud_id=True, why="a function makes keys")


ACCESS_KEY = Resource(
    AccessKey,
    service="iam",
    shape="AccessKeyMetadata",
    per="iam_user",
    list=Call("ListAccessKeys", "AccessKeyMetadata"),
    update=Call("UpdateAccessKey"),
    delete=Call("DeleteAccessKey"),
    holds_data="its secret",
)
