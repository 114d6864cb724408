"""Amazon DynamoDB: tables."""

from __future__ import annotations

from pathlib import Path

from iasql.modules.aws_dynamo.dynamo_table import DYNAMO_TABLE
from iasql.resource import Module

MODULE = Module(
    name="aws_dynamo",
    dependencies=("aws_account",),
    resources=(DYNAMO_TABLE,),
    sql=Path(__file__).with_name("rpc.sql"),
    before_uninstall=Path(__file__).with_name("drop.sql"),
    comment="DynamoDB tables.",
)
