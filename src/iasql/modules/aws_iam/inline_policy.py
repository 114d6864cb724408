"""Policies written into one role, user or group: they belong to it alone, and go with it."""

from __future__ import annotations

from typing import Any

from iasql.resource import Call, Policy, Resource, column, key, ref, row


def holder(table: str, name: str) -> Any:
    """The column of whose policy it is."""
    return ref(table, column=name, key=True, on_delete="cascade", on_update="cascade")


@row
class IamRolePolicy:
    """A policy written into a role."""

    role_name: str = holder("iam_role", "role_name")
    policy_name: str = key()
    policy_document: Policy = column()


@row
class IamUserPolicy:
    """A policy written into a user."""

    user_name: str = holder("iam_user", "user_name")
    policy_name: str = key()
    policy_document: Policy = column()


@row
class IamGroupPolicy:
    """A policy written into a group."""

    group_name: str = holder("iam_group", "group_name")
    policy_name: str = key()
    policy_document: Policy = column()


def inline(row: type[Any], of: str) -> Resource:
    """The policies of a "Role", a "User" or a "Group"."""
    put = Call(f"Put{of}Policy")
    return Resource(
        row,
        service="iam",
        shape="PolicyDetail",
        per=f"iam_{of.lower()}",
        list=Call(f"List{of}Policies", "PolicyNames[].{PolicyName: @}"),
        details=Call(f"Get{of}Policy"),
        create=put,
        update=put,
        delete=Call(f"Delete{of}Policy"),
    )


IAM_ROLE_POLICY = inline(IamRolePolicy, "Role")
IAM_USER_POLICY = inline(IamUserPolicy, "User")
IAM_GROUP_POLICY = inline(IamGroupPolicy, "Group")
