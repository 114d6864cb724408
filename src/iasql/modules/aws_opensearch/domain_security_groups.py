"""The security groups of which domain: one row each, where AWS takes and tells the whole set."""

from __future__ import annotations

from iasql.modules.aws_opensearch.placement import members, whole
from iasql.resource import Call, Region, Resource, joins, region, row


@row
class DomainSecurityGroups:
    """A security group that a domain is a member of."""

    domain_id: int = joins("domain", member="DomainName")
    security_group_id: int = joins("security_group", member="Member")
    region: Region = region(follows="domain_id")


MEMBERS = whole("SecurityGroupIds", "security_group_id")

DOMAIN_SECURITY_GROUPS = Resource(
    DomainSecurityGroups,
    service="opensearch",
    shape="DomainStatus",
    cloud_id=("domain_id", "security_group_id"),
    per="domain",
    per_column="domain_name",
    list=Call("DescribeDomain", "DomainStatus"),
    unfold=members("SecurityGroupIds"),
    **MEMBERS.writing,
    absent="ResourceNotFoundException",
    not_yet=("ConflictException",),
)
