"""Objects: they come by s3_upload_object(), since a row holds no content."""

from __future__ import annotations

from iasql.resource import Call, Fixed, Region, Resource, cloud_id, column, ref, region, row


@row
class BucketObject:
    """An object in a bucket: s3_upload_object() makes one, deleting the row deletes it."""

    bucket_name: str = ref("bucket", column="name", cloud_id=True)
    key: str = cloud_id()
    region: Region = region()
    e_tag: str | None = column(member="ETag")


BUCKET_OBJECT = Resource(
    BucketObject,
    service="s3",
    shape="Object",
    says={"Bucket": "$bucket_name", "Key": "$key"},
    unique=(("bucket_name", "key", "region"),),
    fixed=Fixed(
        columns=("bucket_name", "region", "key"),
        guard="block_s3_object_primary_key_update",
        what="Object bucket, key or region",
        hint="Upload it under the new key with s3_upload_object(), then delete this row.",
    ),
    per="bucket",
    list=Call("ListObjectsV2", "Contents"),
    absent=("NoSuchBucket", "NoSuchKey"),
    delete=Call("DeleteObject"),
)
