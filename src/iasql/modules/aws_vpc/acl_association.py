"""Which network ACL guards which subnet: a list that EC2 keeps with the ACLs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from iasql.resource import takes

Item = dict[str, Any]


def read_subnets(ec2: Any, values: Mapping[str, Any]) -> Iterator[Item]:
    """Every subnet with the id of its network ACL, null for a default one: two calls however many there are."""
    acls = acls_by_subnet(ec2, Filters=[{"Name": "default", "Values": ["false"]}])
    for page in ec2.get_paginator("describe_subnets").paginate():
        for subnet in page["Subnets"]:
            yield subnet | {"NetworkAclId": acls.get(subnet["SubnetId"])}


def read_subnet(ec2: Any, values: Mapping[str, Any]) -> Item | None:
    """One subnet with the id of its network ACL; None when there is no such subnet."""
    which = values["subnet_id"]
    found = ec2.describe_subnets(Filters=[{"Name": "subnet-id", "Values": [which]}])["Subnets"]
    acls = acls_by_subnet(ec2, Filters=[_of(which), {"Name": "default", "Values": ["false"]}])
    return found[0] | {"NetworkAclId": acls.get(which)} if found else None


def acls_by_subnet(ec2: Any, **narrow: Any) -> dict[str, str]:
    """Subnet id -> network ACL id."""
    pages = ec2.get_paginator("describe_network_acls").paginate(**narrow)
    return {
        one["SubnetId"]: acl["NetworkAclId"] for page in pages for acl in page["NetworkAcls"]
        for one in acl["Associations"]
    }  # fmt: skip


@takes("subnet_id", "vpc_id", "network_acl_id")
def associate(ec2: Any, subnet: Mapping[str, Any]) -> None:
    """Puts the subnet under its network ACL, the VPC's default one for null."""
    held = ec2.describe_network_acls(Filters=[_of(subnet["subnet_id"])])["NetworkAcls"]
    association = next(one["NetworkAclAssociationId"] for acl in held for one in acl["Associations"]
                       if one["SubnetId"] == subnet["subnet_id"])  # fmt: skip
    wanted = subnet.get("network_acl_id") or default_acl(ec2, subnet["vpc_id"])
    ec2.replace_network_acl_association(AssociationId=association, NetworkAclId=wanted)


def default_acl(ec2: Any, vpc: str) -> str:
    """The network ACL that a VPC's subnets have when nobody says another."""
    filters = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "default", "Values": ["true"]}]
    return str(ec2.describe_network_acls(Filters=filters)["NetworkAcls"][0]["NetworkAclId"])


def _of(subnet: str) -> Item:
    return {"Name": "association.subnet-id", "Values": [subnet]}
