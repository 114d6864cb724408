"""The guard that keeps a bucket's contents from the public, whatever its policy says."""

from __future__ import annotations

from iasql.resource import Call, Resource, column, ref, row


@row
class PublicAccessBlock:
    """What a bucket refuses to make public; without a row nothing is refused."""

    bucket_name: str = ref("bucket", column="name", on_delete="cascade", key=True)
    block_public_acls: bool = column(default=True)
    ignore_public_acls: bool = column(default=True)
    block_public_policy: bool = column(default=True)
    restrict_public_buckets: bool = column(default=True)


PUT = Call(
    "PutPublicAccessBlock",
    PublicAccessBlockConfiguration={
        "BlockPublicAcls": "$block_public_acls",
        "IgnorePublicAcls": "$ignore_public_acls",
        "BlockPublicPolicy": "$block_public_policy",
        "RestrictPublicBuckets": "$restrict_public_buckets",
    },
)

PUBLIC_ACCESS_BLOCK = Resource(
    PublicAccessBlock,
    service="s3",
    shape="PublicAccessBlockConfiguration",
    says={"Bucket": "$bucket_name"},
    per="bucket",
    list=Call("GetPublicAccessBlock", "PublicAccessBlockConfiguration"),
    absent=("NoSuchPublicAccessBlockConfiguration", "NoSuchBucket"),
    create=PUT,
    update=PUT,
    delete=Call("DeletePublicAccessBlock"),
)
