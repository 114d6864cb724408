"""Which security groups guard which DB cluster: one row each, where AWS takes and tells the whole set."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from iasql.modules.aws_rds.db_cluster import known
from iasql.resource import Call, Region, Resource, Whole, ref, region, row


@row
class DbClusterSecurityGroups:
    """A security group that a DB cluster is a member of."""

    db_cluster_id: int = ref(
        "db_cluster",
        member="DBClusterIdentifier",
        key=True,
        with_region=False,
        on_delete="cascade",
        on_update="cascade",
    )
    security_group_id: int = ref(
        "security_group", member="GroupId", key=True, with_region=False, on_delete="cascade", on_update="cascade"
    )
    region: Region = region(follows="db_cluster_id")


def members(cluster: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The items of a DB cluster's security groups."""
    for kept in known(cluster):
        for group in kept.get("VpcSecurityGroups", ()):
            if group["Status"] != "removing":
                yield {"DBClusterIdentifier": kept["DBClusterIdentifier"], "GroupId": group["VpcSecurityGroupId"]}


def held(rds: Any, cluster: str) -> list[str]:
    """The security groups of a DB cluster, as AWS has them now."""
    told = rds.describe_db_clusters(DBClusterIdentifier=cluster)["DBClusters"][0]
    return [group["VpcSecurityGroupId"] for group in told["VpcSecurityGroups"] if group["Status"] != "removing"]


def put(rds: Any, cluster: str, groups: list[str]) -> None:
    """Gives a DB cluster these security groups and no others."""
    rds.modify_db_cluster(DBClusterIdentifier=cluster, VpcSecurityGroupIds=groups, ApplyImmediately=True)


GROUPS = Whole(holder="db_cluster_id", member="security_group_id", held=held, put=put)

DB_CLUSTER_SECURITY_GROUPS = Resource(
    DbClusterSecurityGroups,
    service="rds",
    shape="DBCluster",
    cloud_id=("db_cluster_id", "security_group_id"),
    list=Call("DescribeDBClusters", "DBClusters", by={"db_cluster_id": "DBClusterIdentifier"}),
    unfold=members,
    create=GROUPS.join,
    repeatable=True,
    delete=GROUPS.leave,
    absent=("DBClusterNotFoundFault", "DBClusterNotFound"),
    not_yet=("InvalidDBClusterStateFault",),
    one_by_one="db_cluster_id",
    made_with="db_cluster_id",
)
