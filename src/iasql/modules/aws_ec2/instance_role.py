"""The role of an instance: it carries an instance profile, which only IAM knows the role of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iasql.resource import takes


def read_role(ec2: Any, instance: Mapping[str, Any]) -> str | None:
    """The name of the role in the instance's profile; None when it has no profile, or an empty or deleted one."""
    arn = instance.get("instance_profile_arn")
    if arn is None:
        return None
    iam = ec2.elsewhere(instance["region"], "iam")
    try:
        roles = iam.get_instance_profile(InstanceProfileName=arn.rpartition("/")[2])["InstanceProfile"]["Roles"]
    except iam.exceptions.NoSuchEntityException:
        return None
    return next((role["RoleName"] for role in roles), None)


@takes("instance_id", "role_name")
def put_role(ec2: Any, instance: Mapping[str, Any]) -> None:
    """Gives the instance the profile that has the role's name, or takes the one that it has away."""
    which, role = instance["instance_id"], instance.get("role_name")
    filters = [{"Name": "instance-id", "Values": [which]}, {"Name": "state", "Values": ["associated", "associating"]}]
    held = ec2.describe_iam_instance_profile_associations(Filters=filters)["IamInstanceProfileAssociations"]
    if role is None:
        for association in held:
            ec2.disassociate_iam_instance_profile(AssociationId=association["AssociationId"])
    elif held:
        ec2.replace_iam_instance_profile_association(
            AssociationId=held[0]["AssociationId"], IamInstanceProfile={"Name": role}
        )
    else:
        ec2.associate_iam_instance_profile(InstanceId=which, IamInstanceProfile={"Name": role})
