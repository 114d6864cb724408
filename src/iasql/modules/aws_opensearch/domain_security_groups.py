"""The security groups of which domain: one row each, where AWS takes and tells the whole set."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from iasql.modules.aws_opensearch.placement import whole
from iasql.resource import Call, Region, Resource, ref, region, row


@row
class DomainSecurityGroups:
    """A security group that a domain is a member of."""

    domain_id: int = ref(
        "domain", member="DomainName", key=True, with_region=False, on_delete="cascade", on_update="cascade"
    )
    security_group_id: int = ref(
        "security_group", member="Member", key=True, with_region=False, on_delete="cascade", on_update="cascade"
    )
    region: Region = region(follows="domain_id")


def members(domain: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The items of a domain's security groups."""
    for one in (domain.get("VPCOptions") or {}).get("SecurityGroupIds", ()):
        yield {"DomainName": domain["DomainName"], "Member": one}


MEMBERS = whole("SecurityGroupIds", "security_group_id")

DOMAIN_SECURITY_GROUPS = Resource(
    DomainSecurityGroups,
    service="opensearch",
    shape="DomainStatus",
    cloud_id=("domain_id", "security_group_id"),
    per="domain",
    per_column="domain_name",
    list=Call("DescribeDomain", "DomainStatus"),
    unfold=members,
    create=MEMBERS.join,
    repeatable=True,
    delete=MEMBERS.leave,
    absent="ResourceNotFoundException",
    not_yet=("ConflictException",),
    one_by_one="domain_id",
    made_with="domain_id",
)
