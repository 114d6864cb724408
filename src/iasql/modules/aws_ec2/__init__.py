"""EC2's machines: instances with what they are made with, their volumes, key pairs, and the load they take."""

from __future__ import annotations

from pathlib import Path

from iasql.modules.aws_ec2.ami import DESCRIBE_AMI
from iasql.modules.aws_ec2.general_purpose_volume import GENERAL_PURPOSE_VOLUME
from iasql.modules.aws_ec2.instance import INSTANCE
from iasql.modules.aws_ec2.instance_block_device_mapping import INSTANCE_BLOCK_DEVICE_MAPPING
from iasql.modules.aws_ec2.instance_security_groups import INSTANCE_SECURITY_GROUPS
from iasql.modules.aws_ec2.key_pair import KEY_PAIR
from iasql.modules.aws_ec2.new_key_pair import KEY_PAIR_IMPORT, KEY_PAIR_REQUEST
from iasql.modules.aws_ec2.registered_instance import REGISTERED_INSTANCE
from iasql.resource import Module

MODULE = Module(
    name="aws_ec2",
    dependencies=("aws_account", "aws_vpc", "aws_security_group", "aws_iam", "aws_elb"),
    resources=(
        KEY_PAIR,
        INSTANCE,
        INSTANCE_SECURITY_GROUPS,
        GENERAL_PURPOSE_VOLUME,
        INSTANCE_BLOCK_DEVICE_MAPPING,
        REGISTERED_INSTANCE,
    ),
    functions=(KEY_PAIR_IMPORT, KEY_PAIR_REQUEST, DESCRIBE_AMI),
    sql=Path(__file__).with_name("rpc.sql"),
    before_uninstall=Path(__file__).with_name("drop.sql"),
    comment="EC2 instances, volumes and key pairs.",
)
