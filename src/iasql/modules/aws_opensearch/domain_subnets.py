"""The subnets of which domain: one row each, where AWS takes and tells the whole set."""

from __future__ import annotations

from iasql.modules.aws_opensearch.placement import members, whole
from iasql.resource import Call, Region, Resource, joins, region, row


@row
class DomainSubnets:
    """A subnet in which a domain has its nodes; a domain made without one is public for good."""

    domain_id: int = joins("domain", member="DomainName")
    subnet_id: int = joins("subnet", member="Member")
    region: Region = region(follows="domain_id")


MEMBERS = whole("SubnetIds", "subnet_id")

DOMAIN_SUBNETS = Resource(
    DomainSubnets,
    service="opensearch",
    shape="DomainStatus",
    cloud_id=("domain_id", "subnet_id"),
    per="domain",
    per_column="domain_name",
    list=Call("DescribeDomain", "DomainStatus"),
    unfold=members("SubnetIds"),
    **MEMBERS.writing,
    absent="ResourceNotFoundException",
    not_yet=("ConflictException",),
)
