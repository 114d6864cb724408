"""Amazon Route 53: hosted zones and the records in them."""

from __future__ import annotations

from pathlib import Path

from iasql.modules.aws_route53.alias_target import ALIAS_TARGET
from iasql.modules.aws_route53.hosted_zone import HOSTED_ZONE
from iasql.modules.aws_route53.resource_record_set import RESOURCE_RECORD_SET
from iasql.resource import Module

MODULE = Module(
    name="aws_route53",
    dependencies=("aws_account", "aws_elb"),
    resources=(HOSTED_ZONE, ALIAS_TARGET, RESOURCE_RECORD_SET),
    sql=Path(__file__).with_name("rpc.sql"),
    before_uninstall=Path(__file__).with_name("drop.sql"),
    comment="Hosted zones and DNS records.",
)
