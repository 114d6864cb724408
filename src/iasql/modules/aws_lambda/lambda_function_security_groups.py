"""Which security groups guard which function: one row each, where AWS takes and tells the whole set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from iasql.modules.aws_lambda.network import network_of, settle
from iasql.resource import Call, Region, Resource, ref, region, row, takes


@row
class LambdaFunctionSecurityGroups:
    """A security group that a function is a member of."""

    lambda_function_id: int = ref(
        "lambda_function", member="FunctionName", key=True, with_region=False, on_delete="cascade", on_update="cascade"
    )
    security_group_id: int = ref(
        "security_group", member="GroupId", key=True, with_region=False, on_delete="cascade", on_update="cascade"
    )
    region: Region = region()


def members(function: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The items of a function's security groups."""
    for group in (function.get("VpcConfig") or {}).get("SecurityGroupIds", ()):
        yield {"FunctionName": function["FunctionName"], "GroupId": group}


@takes("lambda_function_id", "security_group_id")
def join(aws: Any, member: Mapping[str, Any]) -> None:
    """Adds a security group to those that the function has."""
    place = network_of(aws, member["lambda_function_id"])
    groups = sorted({*place["SecurityGroupIds"], member["security_group_id"]})
    settle(aws, member["lambda_function_id"], place | {"SecurityGroupIds": groups})


@takes("lambda_function_id", "security_group_id")
def leave(aws: Any, member: Mapping[str, Any]) -> None:
    """Takes a security group away from those that the function has; out of a VPC it has none anyway."""
    place = network_of(aws, member["lambda_function_id"])
    groups = [group for group in place["SecurityGroupIds"] if group != member["security_group_id"]]
    if groups != place["SecurityGroupIds"]:
        settle(aws, member["lambda_function_id"], place | {"SecurityGroupIds": groups})


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
    create=join,
    repeatable=True,
    delete=leave,
    absent="ResourceNotFoundException",
    not_yet="ResourceConflictException",
    made_with="lambda_function_id",
    one_by_one="lambda_function_id",
)
