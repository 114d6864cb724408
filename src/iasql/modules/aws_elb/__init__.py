"""Elastic Load Balancing: load balancers, the listeners on their ports, and the groups of targets behind them."""

from __future__ import annotations

from pathlib import Path

from iasql.modules.aws_elb.listener import LISTENER
from iasql.modules.aws_elb.load_balancer import LOAD_BALANCER
from iasql.modules.aws_elb.load_balancer_security_groups import LOAD_BALANCER_SECURITY_GROUPS
from iasql.modules.aws_elb.target_group import TARGET_GROUP
from iasql.resource import Module

MODULE = Module(
    name="aws_elb",
    dependencies=("aws_account", "aws_vpc", "aws_security_group", "aws_acm"),
    resources=(TARGET_GROUP, LOAD_BALANCER, LOAD_BALANCER_SECURITY_GROUPS, LISTENER),
    sql=Path(__file__).with_name("rpc.sql"),
    before_uninstall=Path(__file__).with_name("drop.sql"),
    comment="Load balancers, their listeners and target groups.",
)
