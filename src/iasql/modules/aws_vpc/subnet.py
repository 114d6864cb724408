"""A subnet; which network ACL guards it is told by the ACLs, not by the subnet."""

from __future__ import annotations

from typing import Literal

from iasql.modules.aws_vpc.acl_association import associate, read_subnet, read_subnets
from iasql.resource import (
    Aspect,
    Call,
    CidrText,
    Image,
    Region,
    Resource,
    Tags,
    Until,
    cloud_id,
    column,
    computed,
    ec2_tags,
    ref,
    region,
    row,
    volatile,
)


@row
class Subnet:
    """A part of a VPC's addresses, in one availability zone."""

    state: Literal["available", "pending"] | None = column()
    available_ip_address_count: int | None = volatile()
    cidr_block: CidrText | None = column()
    subnet_id: str | None = cloud_id()
    owner_id: str | None = column()
    subnet_arn: str | None = column()
    tags: Tags | None = column()
    default_for_az: bool = computed(default=False)
    region: Region = region()
    availability_zone: str = ref("availability_zone", column="name")
    vpc_id: int = ref("vpc")
    network_acl_id: int | None = ref("network_acl", with_region=False, comment="Null: the VPC's default network ACL.")


def stays(subnet: Image) -> str | None:
    """The subnets of a default VPC come with it."""
    return "the default subnets of a default VPC stay" if subnet.get("default_for_az") else None


SUBNET = Resource(
    Subnet,
    service="ec2",
    shape="Subnet",
    unique_if_set=(("subnet_id", "region"), ("vpc_id", "cidr_block")),
    natural=("vpc_id", "cidr_block"),
    replace_order="delete_first",  # in another zone its addresses are taken until it is gone
    list=read_subnets,
    get=read_subnet,
    create=Call("CreateSubnet", "Subnet"),
    delete=Call("DeleteSubnet"),
    wait=Until(Call("DescribeSubnets", SubnetIds=["$subnet_id"]), "Subnets[0].State == 'available'"),
    stays=stays,
    aspects=(Aspect("network_acl_id", put=associate, clear=associate), ec2_tags("subnet", "subnet_id")),
)
