"""What EC2 tells of instances beside what a user sets."""

from __future__ import annotations

from iasql.modules.aws_ec2_metadata.instance_metadata import INSTANCE_METADATA
from iasql.resource import Module

MODULE = Module(
    name="aws_ec2_metadata",
    dependencies=("aws_account", "aws_ec2"),
    resources=(INSTANCE_METADATA,),
    comment="What EC2 tells of instances: addresses, cores, memory.",
)
