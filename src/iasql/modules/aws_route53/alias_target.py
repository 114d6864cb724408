"""What alias records lead to: a load balancer, or whatever else of AWS has a name and a zone of its own.

To Route 53 it is part of a record: one that no record leads to is nothing, and its row goes with the next refresh.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from iasql.resource import Resource, cloud_id, column, ref, row, takes

PLACE = re.compile(r"\.(?:elb\.)?([a-z]{2}(?:-[a-z]+)+-\d+)\.(?:elb\.)?amazonaws\.")
"""Where the name of a load balancer says its region: before or after its service's, by the kind of balancer."""
NEW = "an alias is what it leads to: another one is written into the records that have it"


def dns_of(alias: Mapping[str, Any]) -> str:
    """The name that it leads to, without what stands for both kinds of addresses, and the dot."""
    return str(alias["DNSName"]).lower().rstrip(".").removeprefix("dualstack.")


def told(zone: str, dns: str, health: bool) -> dict[str, Any]:
    """An alias as an item of an answer."""
    return {"HostedZoneId": zone, "DNSName": dns, "EvaluateTargetHealth": health}


def name_of(alias: Mapping[str, Any]) -> str:
    """Zone, name and whether health counts, as one text: by this a record tells which alias it has."""
    return f"{alias['HostedZoneId']}/{dns_of(alias)}/{str(alias['EvaluateTargetHealth']).lower()}"


def parts_of(name: str) -> dict[str, Any]:
    """The alias that such a text names, as Route 53 takes it."""
    zone, dns, health = name.split("/")
    return told(zone, dns, health == "true")


@row
class AliasTarget:
    """Where alias records lead to."""

    alias: str | None = cloud_id(path=name_of, comment="Its zone, its name, and whether its health counts.")
    evaluate_target_health: bool = column(default=True, role="replace", why=NEW, comment="Whether health counts.")
    load_balancer_id: int | None = ref(
        "load_balancer", called_by="dns_name", with_region=False, path=dns_of, role="replace", why=NEW
    )
    dns_name: str | None = column(
        length=(1, 1024), path=dns_of, role="replace", why=NEW, comment="Of a load balancer it follows from that one."
    )
    target_hosted_zone_id: str | None = column(
        path="HostedZoneId",
        role="replace",
        why=NEW,
        comment="The zone of the name: AWS publishes those of its services.",
    )


def aliases(route53: Any, _: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The aliases that records of any zone have, each once."""
    found: dict[str, dict[str, Any]] = {}
    for zone in route53.get_paginator("list_hosted_zones").paginate().search("HostedZones[].Id"):
        pages = route53.get_paginator("list_resource_record_sets").paginate(HostedZoneId=zone)
        for alias in pages.search("ResourceRecordSets[].AliasTarget"):
            found.setdefault(name_of(alias), alias)
    yield from found.values()


@takes("evaluate_target_health", "load_balancer_id", "dns_name", "target_hosted_zone_id")
def create(route53: Any, alias: Mapping[str, Any]) -> dict[str, Any]:
    """Looks up what the records are to be told; they are written by themselves."""
    dns, zone = alias.get("dns_name"), alias.get("target_hosted_zone_id")
    if alias.get("load_balancer_id"):
        dns = str(alias["load_balancer_id"])
        zone = zone_of(route53, dns)
    return told(str(zone), dns_of({"DNSName": dns}), bool(alias["evaluate_target_health"]))


def zone_of(route53: Any, dns: str) -> str | None:
    """The zone of a load balancer's name."""
    place = PLACE.search(dns)
    balancers = route53.elsewhere(place.group(1) if place else None, "elbv2")
    pages = balancers.get_paginator("describe_load_balancers").paginate()
    named = (each for each in pages.search("LoadBalancers[]") if each["DNSName"].lower() == dns.lower())
    return next((str(each["CanonicalHostedZoneId"]) for each in named), None)


@takes("alias")
def delete(_: Any, __: Mapping[str, Any]) -> None:
    """Does nothing: it is gone with the last record that had it."""


LEADS = "load_balancer_id is not null or (dns_name is not null and target_hosted_zone_id is not null)"

ALIAS_TARGET = Resource(
    AliasTarget,
    service="route53",
    shape="AliasTarget",
    scope="global",
    checks={"Check_alias_target": LEADS},
    unique_if_set=(("load_balancer_id", "evaluate_target_health"), ("alias",)),
    natural=("load_balancer_id", "evaluate_target_health"),
    list=aliases,
    create=create,
    repeatable=True,
    delete=delete,
)
