"""The subnets in which an interface endpoint has its addresses: one row each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from iasql.modules.aws_vpc.endpoint_interface import ENDPOINT_INTERFACE
from iasql.resource import Call, Region, Resource, joins, region, row


@row
class EndpointInterfaceSubnets:
    """A subnet in which an interface endpoint has an address."""

    endpoint_interface_id: int = joins("endpoint_interface", member="VpcEndpointId")
    subnet_id: int = joins("subnet")
    region: Region = region(follows="endpoint_interface_id")


def subnets(endpoint: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The items of an interface endpoint's subnets."""
    for kept in ENDPOINT_INTERFACE.unfold(endpoint) if ENDPOINT_INTERFACE.unfold else ():
        for subnet in kept.get("SubnetIds", ()):
            yield {"VpcEndpointId": endpoint["VpcEndpointId"], "SubnetId": subnet}


ENDPOINT_INTERFACE_SUBNETS = Resource(
    EndpointInterfaceSubnets,
    service="ec2",
    shape="VpcEndpoint",
    cloud_id=("endpoint_interface_id", "subnet_id"),
    list=Call("DescribeVpcEndpoints", "VpcEndpoints", by={"endpoint_interface_id": "VpcEndpointIds"}),
    unfold=subnets,
    create=Call("ModifyVpcEndpoint", AddSubnetIds=["$subnet_id"]),
    delete=Call("ModifyVpcEndpoint", RemoveSubnetIds=["$subnet_id"]),
)
