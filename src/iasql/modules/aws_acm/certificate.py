"""A certificate. No row makes one: its private key comes by certificate_import, or AWS makes it on a request."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from iasql.resource import (
    Aspect,
    Call,
    Region,
    Resource,
    StringSet,
    Tagging,
    Tags,
    cloud_id,
    column,
    computed,
    region,
    row,
)

KEYS = ["RSA_1024", "RSA_2048", "RSA_3072", "RSA_4096", "EC_prime256v1", "EC_secp384r1", "EC_secp521r1"]
"""Every kind of key: unasked, ACM lists certificates with shorter RSA keys only."""


def last_part(certificate: Mapping[str, Any]) -> str:
    """The id at the end of its ARN."""
    return str(certificate["CertificateArn"]).rsplit("/", 1)[-1]


def in_use(certificate: Mapping[str, Any]) -> bool:
    """Whether a service presents it: a list says so, a description names them."""
    return bool(certificate.get("InUse") or certificate.get("InUseBy"))


def names(certificate: Mapping[str, Any]) -> list[str] | None:
    """The names that it stands for: a list tells a summary of them."""
    return certificate.get("SubjectAlternativeNames") or certificate.get("SubjectAlternativeNameSummaries")


@row
class Certificate:
    """A TLS certificate of AWS Certificate Manager."""

    arn: str | None = cloud_id(member="CertificateArn")
    certificate_id: str | None = column(path=last_part, comment="The last part of the ARN.")
    domain_name: str = column(role="computed", why="only certificate_request and certificate_import make one")
    certificate_type: Literal["AMAZON_ISSUED", "IMPORTED", "PRIVATE"] | None = column(member="Type")
    status: (
        Literal["EXPIRED", "FAILED", "INACTIVE", "ISSUED", "PENDING_VALIDATION", "REVOKED", "VALIDATION_TIMED_OUT"]
        | None
    ) = column()
    renewal_eligibility: Literal["ELIGIBLE", "INELIGIBLE"] | None = column()
    in_use: bool = computed(default=False, path=in_use, comment="Whether an AWS service presents it.")
    subject_alternative_names: StringSet | None = computed(path=names, why="as domain_name")
    not_after: datetime | None = column()
    region: Region = region()
    tags: Tags | None = column()


CERTIFICATE = Resource(
    Certificate,
    service="acm",
    shape="CertificateDetail",
    says={"CertificateArn": "$arn"},
    unique_if_set=(("arn",),),
    list=Call("ListCertificates", "CertificateSummaryList", Includes={"keyTypes": KEYS}),
    get=Call("DescribeCertificate", "Certificate"),
    delete=Call("DeleteCertificate"),
    # What presented it may be gone already, and ACM hears of it a little later.
    not_yet="ResourceInUseException",
    holds_data="its private key",
    aspects=(
        Aspect("subject_alternative_names", Call("DescribeCertificate", "Certificate.SubjectAlternativeNames"),
               unlisted=True),
        Tagging("tags", get=Call("ListTagsForCertificate", "Tags"), put=Call("AddTagsToCertificate", Tags="$set"),
                remove=Call("RemoveTagsFromCertificate", Tags="$unset_tags")),
    ),
)  # fmt: skip
