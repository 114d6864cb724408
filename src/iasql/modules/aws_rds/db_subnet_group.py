"""The subnets in which databases have their addresses; a change of them sends the group as it is to be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iasql.modules.aws_rds.modify import TAGGING
from iasql.modules.aws_vpc.default_subnets import default_subnets
from iasql.resource import (
    Region,
    Resource,
    StringSet,
    Tagging,
    Tags,
    cloud_id,
    column,
    computed,
    refs,
    region,
    row,
    takes,
)
from iasql.resource.call import Call


@row
class DbSubnetGroup:
    """Subnets of one VPC in which databases have their addresses; AWS's own, default, has no row."""

    name: str = cloud_id(
        member="DBSubnetGroupName",
        pattern=r"(?!default$)[a-z0-9_. -]{1,255}",
        allowed="1 to 255 lower-case letters, digits, spaces and _.-, and not default",
    )
    arn: str | None = computed(member="DBSubnetGroupArn")
    description: str = column(member="DBSubnetGroupDescription")
    subnets: StringSet | None = refs(
        "subnet", column="subnet_id", member="SubnetIds", path="Subnets[].SubnetIdentifier",
        comment="In two availability zones at least; null: those of the default VPC.",
    )  # fmt: skip
    tags: Tags | None = column()
    region: Region = region()


def subnets(rds: Any, group: Mapping[str, Any]) -> list[str]:
    """The subnets that the group names, or those of the default VPC."""
    return group.get("subnets") or sorted(default_subnets(rds.elsewhere(rds.meta.region_name, "ec2")))


@takes("name", "description", "subnets", "tags")
def create(rds: Any, group: Mapping[str, Any]) -> Any:
    """Makes the group."""
    tags = {"Tags": group["tags"]} if group.get("tags") else {}
    said = {"DBSubnetGroupName": group["name"], "DBSubnetGroupDescription": group["description"]}
    return rds.create_db_subnet_group(**said, **tags, SubnetIds=subnets(rds, group))["DBSubnetGroup"]


@takes("name", "description", "subnets")
def modify(rds: Any, group: Mapping[str, Any]) -> None:
    """Sends the group as it is to be: RDS takes no description without the subnets."""
    said = {"DBSubnetGroupName": group["name"], "DBSubnetGroupDescription": group["description"]}
    rds.modify_db_subnet_group(**said, SubnetIds=subnets(rds, group))


DB_SUBNET_GROUP = Resource(
    DbSubnetGroup,
    service="rds",
    shape="DBSubnetGroup",
    unique=(("name", "region"),),
    unique_if_set=(("arn",),),
    list=Call("DescribeDBSubnetGroups", "DBSubnetGroups[?DBSubnetGroupName != 'default']",
              by={"name": "DBSubnetGroupName"}),
    create=create,
    update=modify,
    delete=Call("DeleteDBSubnetGroup"),
    not_yet=("InvalidDBSubnetGroupStateFault",),
    replace_order="delete_first",
    aspects=(
        Tagging("tags", get=Call("ListTagsForResource", "TagList", ResourceName="$arn"), put=TAGGING.put,
                remove=TAGGING.remove),
    ),
)  # fmt: skip
