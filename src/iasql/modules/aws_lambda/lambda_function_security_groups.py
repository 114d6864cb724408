"""Which security groups guard which function: one row each, where AWS takes and tells the whole set."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from iasql.modules.aws_lambda.network import network_of, settle
from iasql.resource import Call, Region, Resource, Whole, joins, region, row


@row
class LambdaFunctionSecurityGroups:
    """A security group that a function is a member of."""

    lambda_function_id: int = joins("lambda_function", member="FunctionName")
    security_group_id: int = joins("security_group", member="GroupId")
    region: Region = region(follows="lambda_function_id")


def members(function: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The items of a function's security groups."""
    for group in (function.get("VpcConfig") or {}).get("SecurityGroupIds", ()):
        yield {"FunctionName": function["FunctionName"], "GroupId": group}


def held(aws: Any, function: str) -> list[str]:
    """The security groups of a function, as AWS has them now; out of a VPC it has none."""
    found: list[str] = network_of(aws, function)["SecurityGroupIds"]
    return found


def put(aws: Any, function: str, groups: list[str]) -> None:
    """Gives a function these security groups and no others."""
    settle(aws, function, network_of(aws, function) | {"SecurityGroupIds": groups})


GROUPS = Whole(holder="lambda_function_id", member="security_group_id", held=held, put=put)

LAMBDA_FUNCTION_SECURITY_GROUPS = Resource(
    LambdaFunctionSecurityGroups,
    service="lambda",
    shape="FunctionConfiguration",
    says={"FunctionName": "$lambda_function_id"},
    cloud_id=("lambda_function_id", "security_group_id", "region"),
    per="lambda_function",
    per_column="name",
    list=Call("GetFunctionConfiguration"),
    unfold=members,
    **GROUPS.writing,
    absent="ResourceNotFoundException",
    not_yet="ResourceConflictException",
)
