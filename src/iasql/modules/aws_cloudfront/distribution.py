"""A distribution. CloudFront takes its configuration whole, under the tag of the one that it replaces."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iasql.resource import Call, Json, Resource, StringSet, Tagging, Tags, cloud_id, column, computed, ref, row, takes

PATIENCE = {"Delay": 5, "MaxAttempts": 360}
"""How long a change may take to reach all places: half an hour."""


def at(member: str) -> str:
    """Where its answer holds a member of the configuration."""
    return f"Distribution.DistributionConfig.{member}"


def id_of(answer: Mapping[str, Any]) -> str | None:
    """Its id, in a list's words or in those of an answer about it alone."""
    found: str | None = answer.get("Distribution", answer).get("Id")
    return found


def shown(answer: Mapping[str, Any]) -> str | None:
    """The ARN of the certificate that readers are shown; none where it is CloudFront's own."""
    configuration = answer.get("Distribution", {}).get("DistributionConfig", {})
    return configuration.get("ViewerCertificate", {}).get("ACMCertificateArn") or None


@row
class Distribution:
    """What serves a site's files from places near those who read them."""

    distribution_id: str | None = cloud_id(path=id_of)
    domain_name: str | None = computed(path="Distribution.DomainName", comment="The name under which it answers.")
    caller_reference: str | None = column(
        path=at("CallerReference"), role="replace", why="CloudFront never changes it",
        comment="Names the request that made it; null: one is made up.",
    )  # fmt: skip
    comment: str = column(path=at("Comment"), default="")
    enabled: bool = column(path=at("Enabled"), default=True, comment="Whether it answers.")
    is_ipv6_enabled: bool | None = column(path=at("IsIPV6Enabled"))
    web_acl_id: str | None = column(path=at("WebACLId"))
    default_cache_behavior: Json = column(path=at("DefaultCacheBehavior"), comment="What it does with requests.")
    origins: Json = column(path=at("Origins"), comment="Where it fetches what it serves.")
    e_tag: str | None = computed(path="ETag", comment="Names the state of its configuration.")
    status: str | None = computed(path="Distribution.Status", comment="InProgress until a change is everywhere.")
    alternate_domain_names: StringSet | None = column(path=at("Aliases.Items"), comment="Names of one's own.")
    custom_ssl_certificate_id: int | None = ref(
        "certificate", path=shown, with_region=False,
        comment="The certificate (of us-east-1) for its names; null: CloudFront's own.",
    )  # fmt: skip
    arn: str | None = computed(path="Distribution.ARN")
    tags: Tags | None = column()


MEMBERS = {
    "comment": "Comment", "enabled": "Enabled", "is_ipv6_enabled": "IsIPV6Enabled", "web_acl_id": "WebACLId",
    "default_cache_behavior": "DefaultCacheBehavior", "origins": "Origins",
}  # fmt: skip
SETTABLE = (*MEMBERS, "alternate_domain_names", "custom_ssl_certificate_id")


def config(row: Mapping[str, Any], columns: frozenset[str]) -> dict[str, Any]:
    """These columns of a row as parts of a configuration."""
    said = {member: row.get(name) for name, member in MEMBERS.items() if name in columns}
    # null takes a firewall off; of what else is null nothing is said
    told = {member: "" if member == "WebACLId" and value is None else value for member, value in said.items()}
    told = {member: value for member, value in told.items() if value is not None}
    if "alternate_domain_names" in columns:
        names = list(row.get("alternate_domain_names") or ())
        told["Aliases"] = {"Quantity": len(names), **({"Items": names} if names else {})}
    if "custom_ssl_certificate_id" in columns:
        told["ViewerCertificate"] = certificate(row.get("custom_ssl_certificate_id"))
    return told


def certificate(arn: str | None) -> dict[str, Any]:
    """Which certificate readers are shown."""
    if arn is None:
        return {"CloudFrontDefaultCertificate": True}
    return {"ACMCertificateArn": arn, "SSLSupportMethod": "sni-only", "MinimumProtocolVersion": "TLSv1.2_2021"}


@takes("caller_reference", *SETTABLE)
def create(cloudfront: Any, row: Mapping[str, Any]) -> Any:
    """Makes it; under a reference that was heard before, it finds what is there."""
    given = frozenset(name for name in SETTABLE if row.get(name) is not None)
    reference = row.get("caller_reference") or row["token"]
    said = config(row, given) | {"CallerReference": reference}
    said.setdefault("Comment", "")
    try:
        return cloudfront.create_distribution(DistributionConfig=said)
    except cloudfront.exceptions.DistributionAlreadyExists:
        if row.get("caller_reference"):
            raise
        return next(made for made in everything(cloudfront) if reference_of(made) == reference)


def everything(cloudfront: Any) -> list[Any]:
    """All distributions, as one that is asked for by its id is told."""
    ids = cloudfront.get_paginator("list_distributions").paginate().search("DistributionList.Items[].Id")
    return [cloudfront.get_distribution(Id=name) for name in ids if name]


def reference_of(answer: Mapping[str, Any]) -> str:
    """By which reference it was made."""
    return str(answer["Distribution"]["DistributionConfig"]["CallerReference"])


@takes(*SETTABLE)
def update(cloudfront: Any, row: Mapping[str, Any]) -> Any:
    """Writes what has changed into the configuration that is there."""
    there = cloudfront.get_distribution_config(Id=row["distribution_id"])
    said = there["DistributionConfig"] | config(row, row["$columns"] & frozenset(SETTABLE))
    return cloudfront.update_distribution(DistributionConfig=said, Id=row["distribution_id"], IfMatch=there["ETag"])


@takes("distribution_id")
def delete(cloudfront: Any, row: Mapping[str, Any]) -> None:
    """Deletes it; one that answers is switched off first, everywhere."""
    name = row["distribution_id"]
    there = cloudfront.get_distribution_config(Id=name)
    if there["DistributionConfig"]["Enabled"]:
        said = there["DistributionConfig"] | {"Enabled": False}
        cloudfront.update_distribution(DistributionConfig=said, Id=name, IfMatch=there["ETag"])
    cloudfront.get_waiter("distribution_deployed").wait(Id=name, WaiterConfig=PATIENCE)
    cloudfront.delete_distribution(Id=name, IfMatch=cloudfront.get_distribution_config(Id=name)["ETag"])


DISTRIBUTION = Resource(
    Distribution,
    service="cloudfront",
    shape="Distribution",
    scope="global",
    says={"Id": "$distribution_id", "Resource": "$arn"},
    list=Call("ListDistributions", "DistributionList.Items"),
    details=Call("GetDistribution"),
    create=create,
    repeatable=True,
    update=update,
    delete=delete,
    absent="NoSuchDistribution",
    not_yet=("DistributionNotDisabled", "PreconditionFailed"),
    aspects=(
        Tagging("tags", get=Call("ListTagsForResource", "Tags.Items"), put=Call("TagResource", Tags={"Items": "$set"}),
                remove=Call("UntagResource", TagKeys={"Items": "$unset"})),
    ),
)  # fmt: skip
