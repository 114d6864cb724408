"""The subnets of which domain: one row each, where AWS takes and tells the whole set."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from iasql.modules.aws_opensearch.placement import whole
from iasql.resource import Call, Region, Resource, ref, region, row


@row
class DomainSubnets:
    """A subnet in which a domain has its nodes; a domain made without one is public for good."""

    domain_id: int = ref(
        "domain", member="DomainName", key=True, with_region=False, on_delete="cascade", on_update="cascade"
    )
    subnet_id: int = ref(
        "subnet", member="Member", key=True, with_region=False, on_delete="cascade", on_update="cascade"
    )
    region: Region = region(follows="domain_id")


def members(domain: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The items of a domain's subnets."""
    for one in (domain.get("VPCOptions") or {}).get("SubnetIds", ()):
        yield {"DomainName": domain["DomainName"], "Member": one}


MEMBERS = whole("SubnetIds", "subnet_id")

DOMAIN_SUBNETS = Resource(
    DomainSubnets,
    service="opensearch",
    shape="DomainStatus",
    cloud_id=("domain_id", "subnet_id"),
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
