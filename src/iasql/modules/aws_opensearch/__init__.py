"""Amazon OpenSearch Service: domains, and where they are."""

from __future__ import annotations

from iasql.modules.aws_opensearch.domain import DOMAIN
from iasql.modules.aws_opensearch.domain_security_groups import DOMAIN_SECURITY_GROUPS
from iasql.modules.aws_opensearch.domain_subnets import DOMAIN_SUBNETS
from iasql.resource import Module

MODULE = Module(
    name="aws_opensearch",
    dependencies=("aws_account", "aws_acm", "aws_vpc", "aws_security_group"),
    resources=(DOMAIN, DOMAIN_SECURITY_GROUPS, DOMAIN_SUBNETS),
    comment="OpenSearch and Elasticsearch domains.",
)
