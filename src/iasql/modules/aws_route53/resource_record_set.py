"""The records of a hosted zone: Route 53 lists them by zone, and knows each by its name, its type and its label."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any, Literal, get_args

import attrs

from iasql.modules.aws_route53.alias_target import name_of, parts_of
from iasql.resource import Call, Image, Joint, Json, Resource, column, computed, ref, row, takes
from iasql.resource.image import Value
from iasql.resource.kinds.text import Text

ROUTING = (
    "Weight", "Region", "GeoLocation", "Failover", "MultiValueAnswer", "CidrRoutingConfig", "GeoProximityLocation"
)  # fmt: skip
"""What a record of several with one name may say of when it answers."""
Type = Literal["A", "AAAA", "CAA", "CNAME", "DS", "MX", "NAPTR", "NS", "PTR", "SOA", "SPF", "SRV", "TXT"]
ONE = "(record is null) = (alias_target_id is not null)"
TIMED = "(record is null) = (ttl is null)"


@attrs.frozen
class Lines(Text):
    """Values, one a line, whose order means nothing."""

    def canonical(self, value: Value) -> Value:
        return sorted(str(value).split("\n")) if value is not None else None


def routing(record: Mapping[str, Any]) -> dict[str, Any] | None:
    """When it answers, as Route 53 says it."""
    return {member: record[member] for member in ROUTING if member in record} or None


def values_of(record: Mapping[str, Any]) -> str | None:
    """Its values, one a line."""
    return "\n".join(value["Value"] for value in record.get("ResourceRecords", ())) or None


def alias_of(record: Mapping[str, Any]) -> str | None:
    """The alias that it has."""
    return name_of(record["AliasTarget"]) if "AliasTarget" in record else None


@row
class ResourceRecordSet:
    """The records of one name and type."""

    name: str = column(
        cloud_id=True, path=lambda record: record["Name"].replace("\\052", "*"), role="replace",
        why="Route 53 knows a record by it", comment="With a dot at the end, which is added where it is missing.",
    )  # fmt: skip
    record_type: Type = column(member="Type", cloud_id=True, role="replace", why="Route 53 knows a record by it")
    set_id: str = column(
        default="", cloud_id=True, path=lambda record: record.get("SetIdentifier", ""), role="replace",
        why="Route 53 knows a record by it", comment="The label of one of several records with a name and a type.",
    )  # fmt: skip
    record: Annotated[str, Lines()] | None = column(path=values_of, comment="Its values, one a line.")
    ttl: int | None = column(member="TTL", comment="For how many seconds it may be remembered.")
    routing: Json | None = column(path=routing, comment='When it answers, of several: {"Weight": 10}.')
    health_check_id: str | None = column()
    is_apex: bool = computed(default=False, comment="Whether its name is the zone's own.")
    parent_hosted_zone_id: int = ref("hosted_zone", cloud_id=True)
    alias_target_id: int | None = ref("alias_target", path=alias_of)


def records(route53: Any, zone: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The records of a zone; its own name is told by the record that says who answers for it."""
    pages = route53.get_paginator("list_resource_record_sets").paginate(HostedZoneId=zone["parent_hosted_zone_id"])
    found = list(pages.search("ResourceRecordSets[]"))
    apex = next((record["Name"] for record in found if record["Type"] == "SOA"), None)
    for record in found:
        if record["Type"] in get_args(Type):
            yield record | {"IsApex": record["Name"] == apex}


NAMED = ("name", "record_type", "set_id")
TAKEN = ("record", "ttl", "routing", "health_check_id", "alias_target_id")


@takes(*TAKEN)
def said(record: Mapping[str, Any]) -> dict[str, Any]:
    """The record as Route 53 takes it."""
    values = [{"Value": line} for line in (record.get("record") or "").split("\n") if line]
    told = {
        "Name": record["name"], "Type": record["record_type"], "SetIdentifier": record.get("set_id"),
        "TTL": record.get("ttl"), "ResourceRecords": values, "HealthCheckId": record.get("health_check_id"),
        "AliasTarget": parts_of(record["alias_target_id"]) if record.get("alias_target_id") else None,
    }  # fmt: skip
    return {member: value for member, value in told.items() if value not in (None, "", [])} | (
        record.get("routing") or {}
    )


@takes(*NAMED, *TAKEN)
def said_of_new(record: Mapping[str, Any]) -> dict[str, Any]:
    """A new record, whose name Route 53 takes only now."""
    return said(record)


def change(action: str, part: Callable[[Mapping[str, Any]], dict[str, Any]]) -> Call:
    """Asks for one change of the record's zone, or for several, which come true together; no answer tells a record."""
    batch = {"Changes": [{"Action": action, "ResourceRecordSet": part}]}
    return Call(
        "ChangeResourceRecordSets", "`null`", HostedZoneId="$parent_hosted_zone_id", ChangeBatch=batch,
        joint=Joint("ChangeBatch.Changes"),
    )  # fmt: skip


def stays(record: Image) -> str | None:
    """A zone's own name servers, and who answers for it."""
    own = record.get("record_type") == "SOA" or (record.get("record_type") == "NS" and record.get("is_apex"))
    return "a zone keeps its own NS and SOA records until it is deleted itself" if own else None


RESOURCE_RECORD_SET = Resource(
    ResourceRecordSet,
    service="route53",
    shape="ResourceRecordSet",
    scope="global",
    unique=(("parent_hosted_zone_id", "name", "record_type", "set_id"),),
    checks={"Check_record__alias_target": ONE, "Check_record__ttl": TIMED},
    per="hosted_zone",
    per_column="hosted_zone_id",
    list=records,
    create=change("CREATE", said_of_new),
    update=change("UPSERT", said),  # in place, without a moment in which there is none
    delete=change("DELETE", said),  # Route 53 wants to hear all of it
    absent=("NoSuchHostedZone", "InvalidChangeBatch: but it was not found"),
    exists="InvalidChangeBatch: already exists",
    not_yet="PriorRequestNotComplete",
    one_by_one="parent_hosted_zone_id",
    stays=stays,
)
