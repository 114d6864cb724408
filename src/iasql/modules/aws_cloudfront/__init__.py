"""Amazon CloudFront: distributions that serve sites from places near their readers."""

from __future__ import annotations

from iasql.modules.aws_cloudfront.distribution import DISTRIBUTION
from iasql.resource import Module

MODULE = Module(
    name="aws_cloudfront",
    dependencies=("aws_account", "aws_acm"),
    resources=(DISTRIBUTION,),
    comment="Distributions.",
)
