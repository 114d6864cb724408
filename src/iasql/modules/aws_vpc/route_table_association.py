"""Which route table serves which subnet, and which is a VPC's main one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from iasql.resource import Call, Image, Region, Resource, cloud_id, computed, ref, region, row


@row
class RouteTableAssociation:
    """A subnet that follows a route table, or a VPC whose other subnets do."""

    route_table_association_id: str | None = cloud_id()
    is_main: bool = computed(default=False, member="Main")
    route_table_id: int = ref("route_table", why="ReplaceRouteTableAssociation leads the subnet to another in place")
    subnet_id: int | None = ref("subnet", with_region=False, needed=True)
    vpc_id: int = ref(
        "vpc", with_region=False, on_delete="cascade", role="replace", why="it follows", follows="route_table_id"
    )
    region: Region = region(follows="route_table_id")


def associations(table: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The items of a route table's associations."""
    return (one | {"VpcId": table["VpcId"]} for one in table["Associations"])


def stays(association: Image) -> str | None:
    """A VPC always has a main route table: another may take its place, none may not."""
    return "the main association belongs to its VPC" if association.get("is_main") else None


ROUTE_TABLE_ASSOCIATION = Resource(
    RouteTableAssociation,
    service="ec2",
    shape="RouteTableAssociation",
    says={"AssociationId": "$route_table_association_id"},
    natural=("vpc_id", "subnet_id", "is_main"),
    unique_if_set=(("vpc_id", "subnet_id", "is_main"),),
    list=Call(
        "DescribeRouteTables",
        "RouteTables",
        by={"route_table_association_id": "Filters:association.route-table-association-id"},
    ),
    unfold=associations,
    create=Call("AssociateRouteTable", "{RouteTableAssociationId: AssociationId}"),
    update=Call("ReplaceRouteTableAssociation", "{RouteTableAssociationId: NewAssociationId}"),
    delete=Call("DisassociateRouteTable"),
    stays=stays,
)
