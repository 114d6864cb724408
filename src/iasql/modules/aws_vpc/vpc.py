"""A VPC; its three switches and its DHCP options lie behind calls of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from iasql.resource import (
    Aspect,
    Call,
    CidrText,
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

SWITCHES = {
    "enable_dns_hostnames": "EnableDnsHostnames",
    "enable_dns_support": "EnableDnsSupport",
    "enable_network_address_usage_metrics": "EnableNetworkAddressUsageMetrics",
}


def dhcp_options(vpc: Mapping[str, Any]) -> str | None:
    """The id of its DHCP options; none when it has AWS's own."""
    which = vpc.get("DhcpOptionsId")
    return None if which == "default" else which


@row
class Vpc:
    """A private network in one region."""

    vpc_id: str | None = cloud_id()
    cidr_block: CidrText = column()
    state: Literal["available", "pending"] | None = column()
    is_default: bool = computed(default=False)
    enable_dns_hostnames: bool | None = column(comment="Whether machines get public DNS names; null: AWS decides.")
    enable_dns_support: bool | None = column(comment="Whether Amazon's DNS server answers; null: AWS decides.")
    enable_network_address_usage_metrics: bool | None = column(comment="Whether used addresses are counted.")
    tags: Tags | None = column()
    region: Region = region()
    dhcp_options_id: int | None = ref("dhcp_options", path=dhcp_options)


def switch(column: str) -> Aspect:
    """One of the VPC's attributes: AWS tells and takes them one at a time."""
    member = SWITCHES[column]
    attribute = member[0].lower() + member[1:]
    said: dict[str, Any] = {**dict.fromkeys(SWITCHES.values()), member: {"Value": f"${column}"}}
    return Aspect(
        column,
        Call("DescribeVpcAttribute", f"{member}.Value", Attribute=attribute),
        put=Call("ModifyVpcAttribute", "@", None, **said),
    )


def stays(vpc: Image) -> str | None:
    """A region's default VPC cannot be made again by the call that makes VPCs."""
    return "the default VPC of a region stays" if vpc.get("is_default") else None


VPC = Resource(
    Vpc,
    service="ec2",
    shape="Vpc",
    unique_if_set=(("vpc_id", "region"),),
    list=Call("DescribeVpcs", "Vpcs", by={"vpc_id": "Filters:vpc-id"}),
    create=Call("CreateVpc", "Vpc"),
    delete=Call("DeleteVpc"),
    wait="VpcAvailable",
    stays=stays,
    aspects=(
        *(switch(column) for column in SWITCHES),
        Aspect("dhcp_options_id", put=Call("AssociateDhcpOptions"),
               clear=Call("AssociateDhcpOptions", DhcpOptionsId="default")),
        ec2_tags("vpc", "vpc_id"),
    ),
)  # fmt: skip
