"""EC2 Auto Scaling: groups of instances that come and go by need, all made after one template."""

from __future__ import annotations

from iasql.modules.aws_autoscaling.auto_scaling_group import AUTO_SCALING_GROUP
from iasql.modules.aws_autoscaling.launch_template import LAUNCH_TEMPLATE
from iasql.resource import Module

MODULE = Module(
    name="aws_autoscaling",
    dependencies=("aws_account", "aws_vpc", "aws_elb"),
    resources=(LAUNCH_TEMPLATE, AUTO_SCALING_GROUP),
    comment="Launch templates, and groups of instances made after them.",
)
