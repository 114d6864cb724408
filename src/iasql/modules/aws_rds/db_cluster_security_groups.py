"""Which security groups guard which DB cluster: one row each, where AWS takes and tells the whole set."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from iasql.modules.aws_rds.db_cluster import known
from iasql.modules.aws_rds.groups import groups, members
from iasql.resource import Call, Region, Resource, joins, region, row


@row
class DbClusterSecurityGroups:
    """A security group that a DB cluster is a member of."""

    db_cluster_id: int = joins("db_cluster", member="DBClusterIdentifier")
    security_group_id: int = joins("security_group", member="GroupId")
    region: Region = region(follows="db_cluster_id")


def cluster_members(cluster: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The items of a DB cluster's security groups; of none where the cluster has no row."""
    return (item for kept in known(cluster) for item in members(kept, NAME))


NAME = "DBClusterIdentifier"
GROUPS = groups("db_cluster_id", NAME, "db_cluster")

DB_CLUSTER_SECURITY_GROUPS = Resource(
    DbClusterSecurityGroups,
    service="rds",
    shape="DBCluster",
    cloud_id=("db_cluster_id", "security_group_id"),
    list=Call("DescribeDBClusters", "DBClusters", by={"db_cluster_id": "DBClusterIdentifier"}),
    unfold=cluster_members,
    **GROUPS.writing,
    absent=("DBClusterNotFoundFault", "DBClusterNotFound"),
    not_yet=("InvalidDBClusterStateFault",),
)
