"""Amazon S3: buckets, what they hold, and who may see it."""

from __future__ import annotations

from pathlib import Path

from iasql.modules.aws_s3.bucket import BUCKET
from iasql.modules.aws_s3.bucket_object import BUCKET_OBJECT
from iasql.modules.aws_s3.bucket_website import BUCKET_WEBSITE
from iasql.modules.aws_s3.public_access_block import PUBLIC_ACCESS_BLOCK
from iasql.modules.aws_s3.upload import S3_UPLOAD_OBJECT
from iasql.resource import Module

MODULE = Module(
    name="aws_s3",
    dependencies=("aws_account",),
    resources=(BUCKET, PUBLIC_ACCESS_BLOCK, BUCKET_WEBSITE, BUCKET_OBJECT),
    functions=(S3_UPLOAD_OBJECT,),
    sql=Path(__file__).with_name("rpc.sql"),
    before_uninstall=Path(__file__).with_name("drop.sql"),
    comment="S3 buckets, their objects and websites.",
)
