"""An internet gateway: made alone, then attached to a VPC."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iasql.resource import Aspect, Call, Region, Resource, Tags, cloud_id, column, ec2_tags, ref, region, row, takes


@row
class InternetGateway:
    """The way between a VPC and the internet."""

    internet_gateway_id: str | None = cloud_id()
    tags: Tags | None = column()
    region: Region = region()
    vpc_id: int | None = ref("vpc", path="Attachments[0].VpcId", on_delete="cascade")


def detach(ec2: Any, gateway: Mapping[str, Any]) -> None:
    """Takes the gateway from the VPC that has it, if one has."""
    which = gateway["internet_gateway_id"]
    filters = [{"Name": "internet-gateway-id", "Values": [which]}]
    for found in ec2.describe_internet_gateways(Filters=filters)["InternetGateways"]:
        for attachment in found.get("Attachments", ()):
            ec2.detach_internet_gateway(InternetGatewayId=which, VpcId=attachment["VpcId"])


@takes("internet_gateway_id", "vpc_id")
def attach(ec2: Any, gateway: Mapping[str, Any]) -> None:
    """Gives the gateway to its VPC, or to none."""
    detach(ec2, gateway)
    if gateway.get("vpc_id"):
        ec2.attach_internet_gateway(InternetGatewayId=gateway["internet_gateway_id"], VpcId=gateway["vpc_id"])


@takes("internet_gateway_id")
def delete(ec2: Any, gateway: Mapping[str, Any]) -> None:
    """Deletes the gateway, which no VPC may have any more."""
    detach(ec2, gateway)
    ec2.delete_internet_gateway(InternetGatewayId=gateway["internet_gateway_id"])


INTERNET_GATEWAY = Resource(
    InternetGateway,
    service="ec2",
    shape="InternetGateway",
    unique_if_set=(("vpc_id", "region"),),
    list=Call(
        "DescribeInternetGateways", "InternetGateways", by={"internet_gateway_id": "Filters:internet-gateway-id"}
    ),
    create=Call("CreateInternetGateway", "InternetGateway"),
    delete=delete,
    aspects=(Aspect("vpc_id", put=attach, clear=attach), ec2_tags("internet-gateway", "internet_gateway_id")),
)
