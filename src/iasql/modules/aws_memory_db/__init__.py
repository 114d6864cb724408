"""Amazon MemoryDB: clusters, their subnet groups and security groups."""

from __future__ import annotations

from pathlib import Path

from iasql.modules.aws_memory_db.memory_db_cluster import MEMORY_DB_CLUSTER
from iasql.modules.aws_memory_db.memory_db_cluster_security_groups import MEMORY_DB_CLUSTER_SECURITY_GROUPS
from iasql.modules.aws_memory_db.subnet_group import SUBNET_GROUP
from iasql.resource import Module

MODULE = Module(
    name="aws_memory_db",
    dependencies=("aws_account", "aws_security_group", "aws_vpc"),
    resources=(SUBNET_GROUP, MEMORY_DB_CLUSTER, MEMORY_DB_CLUSTER_SECURITY_GROUPS),
    sql=Path(__file__).with_name("rpc.sql"),
    before_uninstall=Path(__file__).with_name("drop.sql"),
    comment="MemoryDB clusters and their subnet groups.",
)
