"""Where a domain is in its VPC: two sets, of which AWS takes each whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from iasql.resource import Whole

Item = dict[str, Any]


def members(member: str) -> Callable[[Item], Iterator[Item]]:
    """How a domain is taken apart into the items of one of the sets; member: AWS's name of it."""

    def unfold(domain: Item) -> Iterator[Item]:
        """The items of a domain's set."""
        for one in (domain.get("VPCOptions") or {}).get(member, ()):
            yield {"DomainName": domain["DomainName"], "Member": one}

    return unfold


def whole(member: str, column: str) -> Whole:
    """How rows join and leave one of the sets; member: AWS's name of it."""

    def put(opensearch: Any, domain: str, ids: list[str]) -> None:
        both = {name: told(opensearch, domain, name) for name in BOTH} | {member: ids}
        opensearch.update_domain_config(DomainName=domain, VPCOptions=both)

    return Whole(
        holder="domain_id", member=column, held=lambda opensearch, domain: told(opensearch, domain, member), put=put
    )


def told(opensearch: Any, domain: str, member: str) -> list[str]:
    """One of the sets, as AWS has it now."""
    found = opensearch.describe_domain(DomainName=domain)["DomainStatus"].get("VPCOptions") or {}
    ids: list[str] = found.get(member, [])
    return ids


BOTH = ("SubnetIds", "SecurityGroupIds")
