"""What changes of a policy take: another version of it, or another policy in its place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from iasql.resource import takes

VERSIONS = 5
"""How many versions of a policy AWS keeps."""


@takes("policy_document")
def put_version(iam: Any, policy: Mapping[str, Any]) -> None:
    """Makes another version the default; the oldest goes where there is no room for one more."""
    which = policy["arn"]
    versions = iam.list_policy_versions(PolicyArn=which)["Versions"]
    old = sorted((v for v in versions if not v["IsDefaultVersion"]), key=lambda version: version["CreateDate"])
    if len(versions) >= VERSIONS:
        iam.delete_policy_version(PolicyArn=which, VersionId=old[0]["VersionId"])
    iam.create_policy_version(PolicyArn=which, PolicyDocument=policy["policy_document"], SetAsDefault=True)


@takes("arn")
def delete(iam: Any, policy: Mapping[str, Any]) -> None:
    """Deletes a policy with its other versions, which AWS wants gone first; an attached one is refused there."""
    which = policy["arn"]
    for version in iam.list_policy_versions(PolicyArn=which)["Versions"]:
        if not version["IsDefaultVersion"]:
            iam.delete_policy_version(PolicyArn=which, VersionId=version["VersionId"])
    iam.delete_policy(PolicyArn=which)


@takes("description", "path")
def make_again(iam: Any, policy: Mapping[str, Any]) -> Any:
    """Makes the policy anew with what AWS never changes, attached to whom it was."""
    before, holders = policy["$before"], attached_to(iam, policy["arn"])
    for kind, holder in holders:
        getattr(iam, f"detach_{kind}_policy")(PolicyArn=before["arn"], **holder)
    try:
        delete(iam, before)
        made = make(iam, before, policy)
    except ClientError:
        made = found_or_made(iam, before)
        raise
    finally:
        for kind, holder in holders:
            getattr(iam, f"attach_{kind}_policy")(PolicyArn=made["Arn"], **holder)
    return made


def make(iam: Any, before: Mapping[str, Any], policy: Mapping[str, Any]) -> Any:
    """One like that before, but for its description and path."""
    told = {"Description": policy.get("description"), "Path": policy.get("path"), "Tags": before.get("tags")}
    more = {member: value for member, value in told.items() if value}
    name, document = before["policy_name"], before["policy_document"]
    return iam.create_policy(PolicyName=name, PolicyDocument=document, **more)["Policy"]


def found_or_made(iam: Any, before: Mapping[str, Any]) -> Any:
    """What was there before, whichever call failed."""
    try:
        return iam.get_policy(PolicyArn=before["arn"])["Policy"]
    except iam.exceptions.NoSuchEntityException:
        return make(iam, before, before)


HOLDERS = {
    "PolicyRoles": ("role", "RoleName"),
    "PolicyUsers": ("user", "UserName"),
    "PolicyGroups": ("group", "GroupName"),
}


def attached_to(iam: Any, arn: str) -> list[tuple[str, dict[str, str]]]:
    """To whom a policy is attached: what that is, and its name as calls take it."""
    asked = iam.get_paginator("list_entities_for_policy")
    pages = asked.paginate(PolicyArn=arn, PolicyUsageFilter="PermissionsPolicy")
    return [
        (kind, {member: holder[member]})
        for page in pages
        for part, (kind, member) in HOLDERS.items()
        for holder in page.get(part) or ()
    ]
