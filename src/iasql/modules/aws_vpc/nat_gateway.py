"""A NAT gateway; a public one needs an address of the account's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from iasql.resource import Call, Region, Resource, Tags, cloud_id, column, ec2_tags, ref, region, row, takes


@row
class NatGateway:
    """The way out of private subnets, by which nothing comes in."""

    nat_gateway_id: str | None = cloud_id()
    connectivity_type: Literal["private", "public"] = column()
    state: Literal["available", "deleted", "deleting", "failed", "pending"] | None = column()
    tags: Tags | None = column()
    region: Region = region()
    subnet_id: int = ref("subnet")
    elastic_ip_id: int | None = ref(
        "elastic_ip", path="NatGatewayAddresses[0].AllocationId", comment="Null for a public one: an address is made."
    )


@takes("connectivity_type", "subnet_id", "elastic_ip_id")
def create(ec2: Any, nat: Mapping[str, Any]) -> Any:
    """Makes the gateway; a public one without an address of its own gets a new one."""
    address = nat.get("elastic_ip_id")
    made = None
    if nat["connectivity_type"] == "public" and address is None:
        address = made = ec2.allocate_address(Domain="vpc")["AllocationId"]
    try:
        return ec2.create_nat_gateway(
            ConnectivityType=nat["connectivity_type"],
            SubnetId=nat["subnet_id"],
            ClientToken=nat["token"],
            **({"AllocationId": address} if address else {}),
        )["NatGateway"]
    except ec2.exceptions.ClientError:
        if made is not None:
            ec2.release_address(AllocationId=made)
        raise


NAT_GATEWAY = Resource(
    NatGateway,
    service="ec2",
    shape="NatGateway",
    checks={"Check_elastic_ip_when_public": "elastic_ip_id is null or connectivity_type = 'public'"},
    unique_if_set=(("elastic_ip_id", "region"),),
    list=Call(
        "DescribeNatGateways",
        "NatGateways[?State != 'deleted' && State != 'deleting']",
        by={"nat_gateway_id": "Filter:nat-gateway-id"},
    ),
    create=create,
    repeatable=True,
    delete=Call("DeleteNatGateway"),
    wait="NatGatewayAvailable",
    gone="NatGatewayDeleted",
    absent="NatGatewayNotFound",
    aspects=(ec2_tags("natgateway", "nat_gateway_id"),),
)
