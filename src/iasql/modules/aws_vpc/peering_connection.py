"""A peering of two VPCs of this account: asked for in one region, accepted in the other's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from iasql.resource import Call, Region, Resource, Tags, cloud_id, column, ec2_tags, ref, region, row, takes

State = Literal["active", "expired", "failed", "initiating-request", "pending-acceptance", "provisioning", "rejected"]
GONE = ["deleted", "deleting"]


@row
class PeeringConnection:
    """A link over which two VPCs reach each other's private addresses."""

    peering_connection_id: str | None = cloud_id(member="VpcPeeringConnectionId")
    state: State | None = column(path="Status.Code")
    tags: Tags | None = column()
    region: Region = region(follows="requester_id", comment="The requester's region.")
    accepter_region: str | None = column(
        member="PeerRegion", path="AccepterVpcInfo.Region", follows="accepter_id.region"
    )
    requester_id: int = ref("vpc", member="VpcId", path="RequesterVpcInfo.VpcId", with_region=False)
    accepter_id: int = ref("vpc", member="PeerVpcId", path="AccepterVpcInfo.VpcId", with_region=False)


def read(ec2: Any, values: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The peerings asked for in this region within the account; each is told in both regions, and for an hour after."""
    pages = ec2.get_paginator("describe_vpc_peering_connections").paginate()
    for peering in pages.search("VpcPeeringConnections[]"):
        asks, accepts = peering["RequesterVpcInfo"], peering["AccepterVpcInfo"]
        here = asks.get("Region", ec2.meta.region_name) == ec2.meta.region_name
        if here and asks.get("OwnerId") == accepts.get("OwnerId") and peering["Status"]["Code"] not in GONE:
            yield peering


@takes("peering_connection_id", "accepter_region")
def accept(ec2: Any, peering: Mapping[str, Any]) -> None:
    """Accepts the peering where it must be accepted, once it has arrived there."""
    which = peering["peering_connection_id"]
    there = ec2.elsewhere(peering.get("accepter_region") or ec2.meta.region_name)
    there.get_waiter("vpc_peering_connection_exists").wait(VpcPeeringConnectionIds=[which])
    there.accept_vpc_peering_connection(VpcPeeringConnectionId=which)


PEERING_CONNECTION = Resource(
    PeeringConnection,
    service="ec2",
    shape="VpcPeeringConnection",
    list=read,
    create=Call("CreateVpcPeeringConnection", "VpcPeeringConnection"),
    delete=Call("DeleteVpcPeeringConnection"),
    after=accept,
    aspects=(ec2_tags("vpc-peering-connection", "peering_connection_id"),),
)
