"""A route table; its routes and its associations are rows of their own."""

from __future__ import annotations

from iasql.resource import (
    Call,
    Image,
    Region,
    Resource,
    Tags,
    cloud_id,
    column,
    computed,
    ec2_tags,
    ref,
    region,
    row,
)


@row
class RouteTable:
    """The routes that traffic of subnets follows."""

    route_table_id: str | None = cloud_id()
    is_main: bool = computed(
        default=False,
        path="length(Associations[?Main] || `[]`) > `0`",
        comment="Whether it serves the subnets that have no table of their own.",
    )
    tags: Tags | None = column()
    region: Region = region()
    vpc_id: int = ref("vpc", on_delete="cascade")


def stays(table: Image) -> str | None:
    """A VPC comes with its main route table, and takes it along."""
    return "the main route table belongs to its VPC" if table.get("is_main") else None


ROUTE_TABLE = Resource(
    RouteTable,
    service="ec2",
    shape="RouteTable",
    list=Call("DescribeRouteTables", "RouteTables", by={"route_table_id": "Filters:route-table-id"}),
    create=Call("CreateRouteTable", "RouteTable"),
    delete=Call("DeleteRouteTable"),
    stays=stays,
    aspects=(ec2_tags("route-table", "route_table_id"),),
)
