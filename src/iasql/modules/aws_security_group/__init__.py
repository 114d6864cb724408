"""EC2 security groups and their rules."""

from __future__ import annotations

from iasql.modules.aws_security_group.security_group import SECURITY_GROUP
from iasql.modules.aws_security_group.security_group_rule import SECURITY_GROUP_RULE
from iasql.resource import Module

MODULE = Module(
    name="aws_security_group",
    dependencies=("aws_account", "aws_vpc"),
    resources=(SECURITY_GROUP, SECURITY_GROUP_RULE),
    comment="Security groups and their rules.",
)
