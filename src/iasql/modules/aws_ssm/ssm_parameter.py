"""A parameter: its value is one of two columns, a text that all may see or a secret kept in the vault."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from iasql.resource import (
    Aspect,
    Call,
    Region,
    Resource,
    Tagging,
    Tags,
    cloud_id,
    column,
    computed,
    region,
    row,
    secret,
    takes,
)


@row
class SsmParameter:
    """A named value that programs read: configuration, or a secret."""

    name: str = cloud_id(
        pattern=r"(?!/?(?i:aws|ssm))[a-zA-Z0-9_.\-/]{1,1011}",
        allowed="1 to 1011 letters, digits and ._-/, which do not begin with aws or ssm",
    )
    type: Literal["String", "StringList", "SecureString"] = column(default="String")
    value: str | None = column(comment="Null where the type is SecureString.")
    secret_value: str | None = secret(
        role="write_only", why="a secret is not fetched to be compared", comment="Only where the type is SecureString."
    )
    description: str | None = column(cleared="")
    key_id: str | None = column(comment="The KMS key of a secret; null: the account's own.")
    tier: Literal["Standard", "Advanced", "Intelligent-Tiering"] | None = column()
    allowed_pattern: str | None = column(cleared="")
    data_type: str | None = column()
    version: int | None = computed()
    last_modified_date: datetime | None = computed()
    arn: str | None = computed(member="ARN")
    tags: Tags | None = column()
    region: Region = region()


TEXTS = ("description", "key_id", "tier", "allowed_pattern", "data_type")


def read_value(ssm: Any, parameter: Mapping[str, Any]) -> str | None:
    """The value of a parameter that is no secret: one of a secret is never asked for."""
    if parameter.get("type") == "SecureString":
        return None
    found: str = ssm.get_parameter(Name=parameter["name"])["Parameter"]["Value"]
    return found


@takes("name", "type", "value", "secret_value", *TEXTS)
def create(ssm: Any, parameter: Mapping[str, Any]) -> None:
    """Makes the parameter; one of that name that is there is left as it is."""
    put(ssm, parameter, overwrite=False)


@takes("name", "type", "value", "secret_value", *TEXTS)
def change(ssm: Any, parameter: Mapping[str, Any]) -> None:
    """Puts another version of the parameter; a secret that the row does not change is sent as AWS has it."""
    put(ssm, parameter, overwrite=True)


def put(ssm: Any, parameter: Mapping[str, Any], *, overwrite: bool) -> None:
    """One PutParameter with all that the row says."""
    column = "secret_value" if parameter["type"] == "SecureString" else "value"
    value = parameter.get(column)
    if value is None and overwrite:
        value = ssm.get_parameter(Name=parameter["name"], WithDecryption=True)["Parameter"]["Value"]
    members = {"KeyId": "key_id", "Description": "description", "Tier": "tier", "AllowedPattern": "allowed_pattern",
               "DataType": "data_type"}  # fmt: skip
    told = {member: parameter[name] for member, name in members.items() if parameter.get(name) is not None}
    if column == "value":
        told.pop("KeyId", None)
    ssm.put_parameter(Name=parameter["name"], Type=parameter["type"], Value=value, Overwrite=overwrite, **told)


SSM_PARAMETER = Resource(
    SsmParameter,
    service="ssm",
    shape="ParameterMetadata",
    unique=(("name", "region"),),
    checks={
        "secret_value_of_a_secure_string_and_value_of_others": """
            case when type = 'SecureString' then value is null else secret_value is null and value is not null end""",
    },
    list=Call("DescribeParameters", "Parameters"),
    get=Call("DescribeParameters", "Parameters",
             ParameterFilters=[{"Key": "Name", "Option": "Equals", "Values": ["$name"]}]),
    create=create,
    update=change,
    delete=Call("DeleteParameter"),
    absent=("ParameterNotFound", "InvalidResourceId"),
    exists="ParameterAlreadyExists",
    holds_data="its earlier versions",
    aspects=(
        Aspect("value", read_value),
        Tagging("tags",
                get=Call("ListTagsForResource", "TagList", ResourceType="Parameter", ResourceId="$name"),
                put=Call("AddTagsToResource", ResourceType="Parameter", ResourceId="$name", Tags="$set"),
                remove=Call("RemoveTagsFromResource", ResourceType="Parameter", ResourceId="$name", TagKeys="$unset")),
    ),
)  # fmt: skip
