"""s3_upload_object: the way an object comes to be, since a row holds no content."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from iasql.errors import InvalidArgument
from iasql.resource import Argument, Function

if TYPE_CHECKING:
    from collections.abc import Iterator


def upload(
    context: Any, *, bucket_name: str, bucket_key: str, file_content: str, content_type: str
) -> Iterator[dict[str, Any]]:
    """One row: OK, or KO with what AWS said. The object's row comes with the refresh that follows."""
    given = {"bucket_name": bucket_name, "bucket_key": bucket_key, "file_content": file_content,
             "content_type": content_type}  # fmt: skip
    missing = [name for name, value in given.items() if not value]
    if missing:
        raise InvalidArgument(f"s3_upload_object needs a value for {', '.join(missing)}")
    status, message = send(context, **given)
    yield {"bucket": bucket_name, "key": bucket_key, "status": status, "response_message": message}


def send(context: Any, *, bucket_name: str, bucket_key: str, file_content: str, content_type: str) -> tuple[str, str]:
    """OK or KO, and why, of one upload into a bucket that the tables know."""
    bucket = next(iter(context.rows("bucket", name=bucket_name)), None)
    if bucket is None:
        return "KO", f"There is no bucket {bucket_name}"
    if not any(region["is_enabled"] for region in context.rows("aws_regions", region=bucket["region"])):
        return "KO", f"Region {bucket['region']} of bucket {bucket_name} is not enabled"
    client = context.client("s3", bucket["region"])
    try:
        client.put_object(Bucket=bucket_name, Key=bucket_key, Body=file_content.encode(), ContentType=content_type)
        client.get_waiter("object_exists").wait(Bucket=bucket_name, Key=bucket_key)
    except (ClientError, BotoCoreError) as error:
        return "KO", str(error)
    return "OK", "Object uploaded"


S3_UPLOAD_OBJECT = Function(
    name="s3_upload_object",
    arguments=(
        Argument("bucket_name", "text"),
        Argument("bucket_key", "text"),
        Argument("file_content", "text"),
        Argument("content_type", "text"),
    ),
    returns=(("bucket", "text"), ("key", "text"), ("status", "text"), ("response_message", "text")),
    run=upload,
    mutates=True,
    refreshes=("bucket_object",),
    comment="Uploads a text as an object of a bucket; status OK, or KO with what AWS said.",
    sample="select * from s3_upload_object('my-bucket', 'hello.txt', 'Hello', 'text/plain')",
)
