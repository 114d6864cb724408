"""A gateway endpoint: routes to S3 or DynamoDB that stay within AWS."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from iasql.modules.aws_vpc.endpoint_service import long_name, of, short_name
from iasql.resource import (
    Aspect,
    Call,
    Fixed,
    Members,
    Policy,
    Region,
    Resource,
    StringSet,
    Tags,
    cloud_id,
    column,
    ec2_tags,
    ref,
    refs,
    region,
    row,
    takes,
)


@row
class EndpointGateway:
    """Routes from a VPC to S3 or DynamoDB that leave AWS's network nowhere."""

    vpc_endpoint_id: str | None = cloud_id()
    service: Literal["dynamodb", "s3"] = column(path=short_name)
    policy: Policy | None = column(path="PolicyDocument", comment="Who may use it; null: everybody in the VPC.")
    state: str | None = column()
    route_table_ids: StringSet | None = refs(
        "route_table", column="route_table_id", comment="AWS's ids of the route tables that lead to it."
    )
    tags: Tags | None = column()
    region: Region = region()
    vpc_id: int = ref("vpc")


@takes("service", "policy", "route_table_ids", "region", "vpc_id")
def create(ec2: Any, endpoint: Mapping[str, Any]) -> Any:
    """Makes the endpoint; where no route tables are named, all of the VPC lead to it."""
    tables = endpoint.get("route_table_ids") or tables_of(ec2, endpoint["vpc_id"])
    policy = {"PolicyDocument": endpoint["policy"]} if endpoint.get("policy") else {}
    service = long_name(endpoint["region"], endpoint["service"])
    return ec2.create_vpc_endpoint(
        VpcEndpointType="Gateway",
        VpcId=endpoint["vpc_id"],
        ServiceName=service,
        RouteTableIds=tables,
        ClientToken=endpoint["token"],
        **policy,
    )["VpcEndpoint"]


def tables_of(ec2: Any, vpc: str) -> list[str]:
    """The ids of a VPC's route tables."""
    pages = ec2.get_paginator("describe_route_tables").paginate(Filters=[{"Name": "vpc-id", "Values": [vpc]}])
    return [str(table) for table in pages.search("RouteTables[].RouteTableId")]


ENDPOINT_GATEWAY = Resource(
    EndpointGateway,
    service="ec2",
    fixed=Fixed(
        columns=("region",),
        guard="check_route_table_ids_region_update",
        what="The region of an endpoint_gateway that has route_table_ids",
        hint="Set route_table_ids to null in the same update.",
        only_where="new.route_table_ids is not null",
    ),
    shape="VpcEndpoint",
    list=Call("DescribeVpcEndpoints", "VpcEndpoints", by={"vpc_endpoint_id": "VpcEndpointIds"}),
    unfold=of("Gateway", ("dynamodb", "s3")),
    create=create,
    repeatable=True,
    delete=Call("DeleteVpcEndpoints", VpcEndpointIds=["$vpc_endpoint_id"]),
    aspects=(
        Aspect("policy", put=Call("ModifyVpcEndpoint", PolicyDocument="$policy"),
               clear=Call("ModifyVpcEndpoint", ResetPolicy=True)),
        Members("route_table_ids", add=Call("ModifyVpcEndpoint", AddRouteTableIds=["$item"]),
                remove=Call("ModifyVpcEndpoint", RemoveRouteTableIds=["$item"])),
        ec2_tags("vpc-endpoint", "vpc_endpoint_id"),
    ),
)  # fmt: skip
