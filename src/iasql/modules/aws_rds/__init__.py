"""Amazon RDS: database instances and clusters, and what they are made with."""

from __future__ import annotations

from iasql.modules.aws_rds.db_cluster import DB_CLUSTER
from iasql.modules.aws_rds.db_cluster_security_groups import DB_CLUSTER_SECURITY_GROUPS
from iasql.modules.aws_rds.db_subnet_group import DB_SUBNET_GROUP
from iasql.modules.aws_rds.parameter_group import PARAMETER_GROUP
from iasql.modules.aws_rds.rds import RDS
from iasql.modules.aws_rds.rds_security_groups import RDS_SECURITY_GROUPS
from iasql.resource import Module

MODULE = Module(
    name="aws_rds",
    dependencies=("aws_account", "aws_security_group", "aws_vpc"),
    resources=(
        DB_SUBNET_GROUP,
        PARAMETER_GROUP,
        DB_CLUSTER,
        DB_CLUSTER_SECURITY_GROUPS,
        RDS,
        RDS_SECURITY_GROUPS,
    ),
    comment="RDS instances and clusters, parameter groups and subnet groups.",
)
