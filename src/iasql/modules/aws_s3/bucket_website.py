"""A bucket served as a website."""

from __future__ import annotations

from iasql.resource import Call, Resource, column, ref, row


@row
class BucketWebsite:
    """The documents that a bucket serves as a website; one that redirects all requests has no row."""

    bucket_name: str = ref("bucket", column="name", on_delete="cascade", key=True)
    index_document: str = column(member="IndexDocument.Suffix")
    error_document: str | None = column(member="ErrorDocument.Key")


PUT = Call(
    "PutBucketWebsite",
    WebsiteConfiguration={"IndexDocument": {"Suffix": "$index_document"}, "ErrorDocument": {"Key": "$error_document"}},
)

BUCKET_WEBSITE = Resource(
    BucketWebsite,
    service="s3",
    shape="GetBucketWebsiteOutput",
    says={"Bucket": "$bucket_name"},
    per="bucket",
    list=Call("GetBucketWebsite", "[@][?IndexDocument] | [0]"),
    absent=("NoSuchWebsiteConfiguration", "NoSuchBucket"),
    create=PUT,
    update=PUT,
    delete=Call("DeleteBucketWebsite"),
)
