"""What follows from a role's trust in EC2: an instance profile of its name, which comes and goes with that."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from iasql.resource import takes

EC2 = "ec2.amazonaws.com"


def trusts_ec2(document: str) -> bool:
    """Whether a trust policy lets EC2 instances assume the role."""
    statements = json.loads(document).get("Statement") or []
    return any(_allows(part) for part in (statements if isinstance(statements, list) else [statements]))


def _allows(statement: Mapping[str, Any]) -> bool:
    principal = statement.get("Principal")
    services = principal.get("Service", []) if isinstance(principal, Mapping) else []
    return statement.get("Effect") == "Allow" and EC2 in (services if isinstance(services, list) else [services])


@takes("role_name", "assume_role_policy_document")
def trust(iam: Any, role: Mapping[str, Any]) -> None:
    """Writes whom the role trusts, and what follows for its instance profile."""
    name, document = role["role_name"], role["assume_role_policy_document"]
    iam.update_assume_role_policy(RoleName=name, PolicyDocument=document)
    if trusts_ec2(document):
        keep_profile(iam, role)
    else:
        drop_profile(iam, name)


def keep_profile(iam: Any, role: Mapping[str, Any]) -> None:
    """Makes the instance profile of a role that EC2 may assume; one that is there is kept."""
    name = role["role_name"]
    if not trusts_ec2(role["assume_role_policy_document"]):
        return
    try:
        profile = iam.create_instance_profile(InstanceProfileName=name)["InstanceProfile"]
    except iam.exceptions.EntityAlreadyExistsException:
        profile = iam.get_instance_profile(InstanceProfileName=name)["InstanceProfile"]
    if not profile.get("Roles"):
        iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=name)


def drop_profile(iam: Any, name: str) -> None:
    """Takes the instance profile of that name away, if there is one, also where that was begun before."""
    try:
        profile = iam.get_instance_profile(InstanceProfileName=name)["InstanceProfile"]
        for role in profile.get("Roles") or ():
            iam.remove_role_from_instance_profile(InstanceProfileName=name, RoleName=role["RoleName"])
        iam.delete_instance_profile(InstanceProfileName=name)
    except iam.exceptions.NoSuchEntityException:
        return


@takes("role_name")
def delete(iam: Any, role: Mapping[str, Any]) -> None:
    """Deletes a role with its instance profile, which AWS wants gone first."""
    drop_profile(iam, role["role_name"])
    iam.delete_role(RoleName=role["role_name"])
