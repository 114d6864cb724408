"""AWS's whole API, operation by operation: `invoke_s3('listBuckets', '{}')` for every service that boto3 knows."""

from __future__ import annotations

from iasql.modules.aws_sdk.invoke import functions
from iasql.resource import Module

MODULE = Module(
    name="aws_sdk",
    dependencies=("aws_account",),
    functions=functions(),
    comment="Any operation of any AWS service, for what no table holds.",
)
