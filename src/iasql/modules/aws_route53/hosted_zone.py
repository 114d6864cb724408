"""A hosted zone. It comes with a record that names its servers and one that says who answers for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iasql.resource import Aspect, Call, Resource, Tagging, Tags, cloud_id, column, computed, row, takes


def bare(zone: Mapping[str, Any]) -> str:
    """The id without what Route 53 writes before it in answers."""
    return str(zone["Id"]).rsplit("/", 1)[-1]


@row
class HostedZone:
    """The DNS names below one domain."""

    hosted_zone_id: str | None = cloud_id(path=bare)
    domain_name: str = column(member="Name", comment="With a dot at the end, which is added where it is missing.")
    comment: str | None = column(path="Config.Comment", cleared="")
    is_private: bool = computed(
        default=False, path="Config.PrivateZone", comment="Whether it answers only inside of VPCs; such ones are shown."
    )
    caller_reference: str | None = computed(comment="What the call that made it was named.")
    tags: Tags | None = column()


@takes("domain_name", "comment")
def create(route53: Any, zone: Mapping[str, Any]) -> Any:
    """Makes the zone; sent twice under one reference, it finds what the first call has made."""
    token = zone["token"]
    config = {"HostedZoneConfig": {"Comment": zone["comment"]}} if zone.get("comment") else {}
    try:
        return route53.create_hosted_zone(Name=zone["domain_name"], CallerReference=token, **config)["HostedZone"]
    except route53.exceptions.HostedZoneAlreadyExists:
        pages = route53.get_paginator("list_hosted_zones").paginate()
        return next(made for made in pages.search("HostedZones[]") if made["CallerReference"] == token)


SAYS = {"Id": "$hosted_zone_id", "ResourceType": "hostedzone", "ResourceId": "$hosted_zone_id"}

HOSTED_ZONE = Resource(
    HostedZone,
    service="route53",
    shape="HostedZone",
    says=SAYS,
    scope="global",
    unique_if_set=(("hosted_zone_id",),),
    list=Call("ListHostedZones", "HostedZones"),
    get=Call("GetHostedZone", "HostedZone"),
    create=create,
    repeatable=True,
    delete=Call("DeleteHostedZone"),
    absent="NoSuchHostedZone",
    not_yet=("PriorRequestNotComplete", "HostedZoneNotEmpty"),
    aspects=(
        Aspect("comment", put=Call("UpdateHostedZoneComment", Comment="$comment")),
        Tagging("tags", get=Call("ListTagsForResource", "ResourceTagSet.Tags"),
                put=Call("ChangeTagsForResource", AddTags="$set"),
                remove=Call("ChangeTagsForResource", RemoveTagKeys="$unset")),
    ),
)  # fmt: skip
