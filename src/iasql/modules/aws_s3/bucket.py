"""A bucket: made in one region for good, everything else behind calls of its own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

import attrs

from iasql.resource import Aspect, Call, Fixed, Json, Policy, Region, Resource, Tags, column, key, region, row, takes
from iasql.resource.image import Value
from iasql.resource.kinds.json import JsonValue

BY_DEFAULT = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}


@attrs.frozen
class Encryption(JsonValue):
    """A server-side encryption configuration; none means what S3 does by itself with every new bucket."""

    def canonical(self, value: Value) -> Value:
        rules = value.get("Rules") if isinstance(value, dict) else None
        plain = rules and [{"BucketKeyEnabled": False} | rule for rule in rules]
        return None if plain == [{"BucketKeyEnabled": False} | BY_DEFAULT] else super().canonical(value)


@row
class Bucket:
    """A container for objects stored in Amazon S3."""

    name: str = key(
        pattern=r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]",
        allowed="3 to 63 lower-case letters, digits, dots and hyphens, with a letter or digit at either end",
    )
    policy: Policy | None = column(comment="Who may do what with the bucket and its objects.")
    created_at: datetime | None = column(member="CreationDate")
    tags: Tags | None = column(comment="Names and values of your own.")
    region: Region = region(member="BucketRegion")
    versioning_status: Literal["Enabled", "Suspended"] | None = column(comment="Null: versions were never kept.")
    encryption: Annotated[Json, Encryption()] | None = column(
        comment="The server-side encryption configuration; null: what S3 does by default."
    )


@takes("name", "region")
def create(s3: Any, bucket: Mapping[str, Any]) -> Any:
    """S3 refuses a location constraint that names its oldest region."""
    place = {"CreateBucketConfiguration": {"LocationConstraint": bucket["region"]}}
    return s3.create_bucket(Bucket=bucket["name"], **({} if bucket["region"] == "us-east-1" else place))


BUCKET = Resource(
    Bucket,
    service="s3",
    fixed=Fixed(
        columns=("name", "region"),
        guard="block_s3_primary_key_update",
        what="Bucket name or region",
        hint="Insert a bucket of the new name or region, move the objects, then delete this row.",
    ),
    shape="Bucket",
    says={"Bucket": "$name"},
    list=Call("ListBuckets", "Buckets", BucketRegion="$region"),
    # Of the buckets whose names begin like this one, its own comes first.
    get=Call("ListBuckets", "Buckets", Prefix="$name", BucketRegion="$region"),
    create=create,
    delete=Call("DeleteBucket"),
    holds_data="its objects",
    aspects=(
        Aspect("versioning_status", Call("GetBucketVersioning", "Status"),
               put=Call("PutBucketVersioning", VersioningConfiguration={"Status": "$versioning_status"}),
               clear=Call("PutBucketVersioning", VersioningConfiguration={"Status": "Suspended"}), starts_null=True),
        Aspect("encryption", Call("GetBucketEncryption", "ServerSideEncryptionConfiguration"),
               put=Call("PutBucketEncryption", ServerSideEncryptionConfiguration="$encryption"),
               clear=Call("DeleteBucketEncryption"), absent="ServerSideEncryptionConfigurationNotFoundError",
               starts_null=True),
        Aspect("tags", Call("GetBucketTagging", "TagSet"), put=Call("PutBucketTagging", Tagging={"TagSet": "$tags"}),
               clear=Call("DeleteBucketTagging"), absent="NoSuchTagSet", starts_null=True),
        # S3 refuses a public policy until the bucket's public access block allows it.
        Aspect("policy", Call("GetBucketPolicy", "Policy"), put=Call("PutBucketPolicy"),
               clear=Call("DeleteBucketPolicy"), absent="NoSuchBucketPolicy", later_than="public_access_block",
               starts_null=True),
    ),
)  # fmt: skip
