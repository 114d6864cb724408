"""Amazon SQS: queues."""

from __future__ import annotations

from pathlib import Path

from iasql.modules.aws_sqs.queue import QUEUE
from iasql.resource import Module

MODULE = Module(
    name="aws_sqs",
    dependencies=("aws_account",),
    resources=(QUEUE,),
    sql=Path(__file__).with_name("rpc.sql"),
    before_uninstall=Path(__file__).with_name("drop.sql"),
    comment="SQS queues.",
)
