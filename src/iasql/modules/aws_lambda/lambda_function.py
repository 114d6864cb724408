"""A function. Its code goes there as a zip file and is never told again; its place in a VPC is one setting, of which
the security groups are rows of their own."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any, Literal

from iasql.modules.aws_lambda.network import drop_interfaces, network_of, settle
from iasql.modules.aws_lambda.runtime import Runtime
from iasql.resource import (
    Aspect,
    Call,
    Json,
    Region,
    Resource,
    StringSet,
    Tagging,
    Tags,
    cloud_id,
    column,
    computed,
    ref,
    refs,
    region,
    row,
    secret,
    takes,
)


@row
class LambdaFunction:
    """Code that Lambda runs when it is called."""

    name: str = cloud_id(member="FunctionName")
    arn: str | None = column(member="FunctionArn")
    version: str = computed(default="$LATEST", member="Version")
    description: str | None = column(cleared="")
    zip_b64: str | None = column(
        role="write_only",
        comment="Its code as a zip file in base64, kept here and in the log; null: the code that is there.",
    )
    handler: str | None = column(comment="Which function of the code is called.")
    runtime: Runtime | None = column()
    package_type: Literal["Zip"] = column(default="Zip")
    architecture: Literal["arm64", "x86_64"] = column(
        default="x86_64",
        path="Architectures[0]",
        role="replace",
        why="AWS changes it only together with the code, which is not known of a function that others made",
    )
    memory_size: int = column(default=128, between=(128, 10_240))
    timeout: int | None = column(between=(1, 900), cleared=3, comment="How many seconds a call may take.")
    environment: Json | None = secret(path="Environment.Variables", comment="Names and values, kept secret.")
    tags: Tags | None = column()
    subnets: StringSet | None = refs("subnet", column="subnet_id", path="VpcConfig.SubnetIds")
    region: Region = region()
    role_name: str | None = ref("iam_role", column="role_name", called_by="arn", member="Role", needed=True)


PLAIN = {
    "description": "Description", "handler": "Handler", "runtime": "Runtime", "memory_size": "MemorySize",
    "timeout": "Timeout", "role_name": "Role",
}  # fmt: skip


@takes("name", "zip_b64", "package_type", "architecture", "environment", "tags", "subnets", *PLAIN)
def create(aws: Any, row: Mapping[str, Any]) -> Any:
    """Makes the function, with its code and its place in a VPC."""
    groups = [member["security_group_id"] for member in row.get("$lambda_function_security_groups", ())]
    place = {"SubnetIds": row["subnets"], "SecurityGroupIds": groups} if row.get("subnets") else {}
    said = {
        **{member: row.get(column) for column, member in PLAIN.items()},
        "Environment": {"Variables": texts(row["environment"])} if row.get("environment") else None,
        "Tags": {tag["Key"]: tag["Value"] for tag in row.get("tags") or ()},
        "VpcConfig": place,
        "Architectures": [row["architecture"]] if row.get("architecture") else None,
        "PackageType": row.get("package_type"),
        "Code": {"ZipFile": base64.b64decode(row.get("zip_b64") or "")},
    }
    return aws.create_function(
        FunctionName=row["name"], **{member: part for member, part in said.items() if part not in (None, {}, [])}
    )


def texts(variables: Mapping[str, Any]) -> dict[str, str]:
    """The environment as Lambda takes it."""
    return {name: str(value) for name, value in variables.items()}


@takes("zip_b64", "architecture")
def put_code(aws: Any, row: Mapping[str, Any]) -> None:
    """Gives the function other code, for the architecture that it has."""
    if not row.get("zip_b64"):
        return
    code = base64.b64decode(row["zip_b64"])
    aws.update_function_code(FunctionName=row["name"], ZipFile=code, Architectures=[row["architecture"]])


@takes("environment")
def put_environment(aws: Any, row: Mapping[str, Any]) -> None:
    """Gives the function these variables, and no others."""
    variables = texts(row.get("environment") or {})
    aws.update_function_configuration(FunctionName=row["name"], Environment={"Variables": variables})


@takes("subnets")
def move(aws: Any, row: Mapping[str, Any]) -> None:
    """Gives the function addresses in other subnets, or, in none, takes it out of the VPC."""
    before = network_of(aws, row["name"])
    groups = before["SecurityGroupIds"] if row.get("subnets") else []
    settle(aws, row["name"], {"SubnetIds": row.get("subnets") or [], "SecurityGroupIds": groups})
    drop_interfaces(aws, row, before)


@takes("name")
def delete(aws: Any, row: Mapping[str, Any]) -> None:
    """Deletes the function, and what it leaves behind in its VPC."""
    before = network_of(aws, row["name"])
    aws.delete_function(FunctionName=row["name"])
    drop_interfaces(aws, row, before)


def setting(column: str, member: str) -> Aspect:
    """One setting by itself, so that a change of one never sends the others back to an older value."""
    silent: dict[str, Any] = dict.fromkeys((*PLAIN.values(), "Layers", "Environment"))
    put = Call("UpdateFunctionConfiguration", **{**silent, member: f"${column}"})
    return Aspect(column, put=put, wait="FunctionUpdatedV2")


LAMBDA_FUNCTION = Resource(
    LambdaFunction,
    service="lambda",
    shape="FunctionConfiguration",
    says={"FunctionName": "$name"},
    unique=(("name", "region"),),
    checks={
        "CHK_lambda_handler__package_type": "handler is not null or package_type <> 'Zip'",
        "CHK_lambda_runtime__package_type": "runtime is not null or package_type <> 'Zip'",
    },
    list=Call("ListFunctions", "Functions[?PackageType == 'Zip']"),
    get=Call("GetFunction", "Configuration"),
    create=create,
    delete=delete,
    wait="FunctionActiveV2",
    absent="ResourceNotFoundException",
    # A new role is not known everywhere at once; one change of a function must end before the next.
    not_yet=("InvalidParameterValueException: cannot be assumed by Lambda", "ResourceConflictException"),
    # Its name is taken until it is gone.
    replace_order="delete_first",
    aspects=(
        *(setting(column, member) for column, member in PLAIN.items()),
        Aspect("zip_b64", put=put_code, wait="FunctionUpdatedV2"),
        Aspect("environment", put=put_environment, wait="FunctionUpdatedV2"),
        Aspect("subnets", put=move, wait="FunctionUpdatedV2"),
        Tagging("tags", get=Call("ListTags", "Tags", Resource="$arn"),
                put=Call("TagResource", Resource="$arn", Tags="$set"),
                remove=Call("UntagResource", Resource="$arn", TagKeys="$unset")),
    ),
)  # fmt: skip
