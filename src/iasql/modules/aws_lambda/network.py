"""A function's place in a VPC: subnets and security groups, set together, and the interfaces that stay behind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def network_of(aws: Any, name: str) -> dict[str, list[str]]:
    """Subnets and security groups of a function, as Lambda has them now."""
    place = aws.get_function_configuration(FunctionName=name).get("VpcConfig") or {}
    return {member: list(place.get(member) or ()) for member in ("SubnetIds", "SecurityGroupIds")}


def settle(aws: Any, name: str, place: Mapping[str, list[str]]) -> None:
    """Gives a function another place."""
    aws.update_function_configuration(FunctionName=name, VpcConfig=dict(place))


def drop_interfaces(aws: Any, row: Mapping[str, Any], before: Mapping[str, list[str]]) -> None:
    """Deletes the interfaces that a function has left detached: Lambda takes a long time, and they hold the subnets."""
    if not before["SubnetIds"]:
        return
    ec2 = aws.elsewhere(row["region"], "ec2")
    filters = [
        {"Name": "description", "Values": [f"AWS Lambda VPC ENI-{row['name']}-*"]},
        {"Name": "subnet-id", "Values": before["SubnetIds"]},
        {"Name": "status", "Values": ["available"]},
    ]
    for interface in ec2.describe_network_interfaces(Filters=filters)["NetworkInterfaces"]:
        ec2.delete_network_interface(NetworkInterfaceId=interface["NetworkInterfaceId"])
