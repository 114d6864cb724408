"""Settings of a database engine, shared by the instances that use the group."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, get_args

from iasql.modules.aws_rds.modify import TAGGING
from iasql.modules.aws_rds.parameters import Parameters, put
from iasql.resource import (
    Aspect,
    Call,
    Image,
    JsonSet,
    Region,
    Resource,
    Tagging,
    Tags,
    cloud_id,
    column,
    computed,
    region,
    row,
)

Family = Literal[
    "docdb3.6", "docdb4.0", "custom-sqlserver-ee-15.0", "custom-sqlserver-se-15.0", "custom-sqlserver-web-15.0",
    "neptune1", "mariadb10.2", "mariadb10.3", "mariadb10.4", "mariadb10.5", "mariadb10.6", "mysql5.7", "mysql8.0",
    "oracle-ee-19", "oracle-ee-cdb-19", "oracle-ee-cdb-21", "oracle-se2-19", "oracle-se2-cdb-19", "oracle-se2-cdb-21",
    "postgres10", "postgres11", "postgres12", "postgres13", "postgres14", "sqlserver-ee-12.0", "sqlserver-ee-13.0",
    "sqlserver-ee-14.0", "sqlserver-ee-15.0", "sqlserver-ex-12.0", "sqlserver-ex-13.0", "sqlserver-ex-14.0",
    "sqlserver-ex-15.0", "sqlserver-se-12.0", "sqlserver-se-13.0", "sqlserver-se-14.0", "sqlserver-se-15.0",
    "sqlserver-web-12.0", "sqlserver-web-13.0", "sqlserver-web-14.0", "sqlserver-web-15.0",
]  # fmt: skip


@row
class ParameterGroup:
    """A group of settings of a database engine."""

    name: str = cloud_id(
        member="DBParameterGroupName",
        pattern=r"(?!.*--)[a-z][a-z0-9.-]{0,254}(?<!-)",
        allowed="1 to 255 lower-case letters, digits and single hyphens, a letter first and no hyphen last",
    )
    arn: str | None = computed(member="DBParameterGroupArn")
    family: Family = column(member="DBParameterGroupFamily")
    description: str = column()
    parameters: JsonSet | None = column(
        kind=Parameters(), comment="What somebody set, and not the engine's defaults: objects with name and value."
    )
    tags: Tags | None = column()
    region: Region = region()


def stays(group: Image) -> str | None:
    """AWS makes a default group of each family, and keeps it."""
    return "it is AWS's default group of its family" if str(group.get("name")).startswith("default.") else None


def known(group: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The group, unless it is of a family that the table does not know."""
    if group["DBParameterGroupFamily"] in get_args(Family):
        yield group


PARAMETER_GROUP = Resource(
    ParameterGroup,
    service="rds",
    shape="DBParameterGroup",
    unique=(("name", "region"),),
    unique_if_set=(("arn",),),
    list=Call("DescribeDBParameterGroups", "DBParameterGroups", by={"name": "DBParameterGroupName"}),
    unfold=known,
    create=Call("CreateDBParameterGroup", "DBParameterGroup"),
    delete=Call("DeleteDBParameterGroup"),
    not_yet=("InvalidDBParameterGroupState",),
    stays=stays,
    replace_order="delete_first",
    aspects=(
        Aspect("parameters", Call("DescribeDBParameters", "Parameters", Source="user"), put=put),
        Tagging("tags", get=Call("ListTagsForResource", "TagList", ResourceName="$arn"), put=TAGGING.put,
                remove=TAGGING.remove),
    ),
)  # fmt: skip
