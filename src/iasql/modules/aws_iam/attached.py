"""The managed policies attached to a role, a user or a group: the account's own, or those that AWS keeps."""

from __future__ import annotations

from typing import Any

from iasql.resource import Call, Members, refs

AWS_OWN = "^arn:[a-z-]+:iam::aws:policy/"
COLUMN = "attached_policies_arns"


def attached_policies(to: str) -> Any:
    """The column of their ARNs; a policy that is new in the same commit may be named by its name."""
    comment = f"The ARNs of the managed policies attached to the {to}."
    return refs("iam_policy", column="arn", others=AWS_OWN, comment=comment)


def attaching(to: str) -> Members:
    """How they are read and written, of a "Role", a "User" or a "Group"."""
    return Members(
        COLUMN,
        Call(f"ListAttached{to}Policies", "AttachedPolicies[].PolicyArn"),
        add=Call(f"Attach{to}Policy", PolicyArn="$item"),
        remove=Call(f"Detach{to}Policy", PolicyArn="$item"),
    )


def beside(of: str) -> Call:
    """How they and the tags are read of all of a "Role", a "User" or a "Group" at once."""
    told = {f"{of.lower()}_name": f"{of}Name", COLUMN: "AttachedManagedPolicies[].PolicyArn"}
    if of != "Group":
        told["tags"] = "Tags"
    item = ", ".join(f"{column}: {path}" for column, path in told.items())
    return Call("GetAccountAuthorizationDetails", f"{of}DetailList[].{{{item}}}", Filter=[of])
