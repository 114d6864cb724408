"""Which security groups guard which cluster: one row each, where AWS takes and tells the whole set."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from iasql.modules.aws_memory_db.memory_db_cluster import known
from iasql.resource import Call, Region, Resource, Whole, joins, region, row


@row
class MemoryDbClusterSecurityGroups:
    """A security group that a cluster of MemoryDB is a member of."""

    memory_db_cluster_id: int = joins("memory_db_cluster", member="ClusterName", with_region=None)
    region: Region = region(key=True, follows="memory_db_cluster_id")
    security_group_id: int = joins("security_group", member="GroupId", with_region=None)


def members(cluster: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The items of a cluster's security groups."""
    for kept in known(cluster):
        for group in kept.get("SecurityGroups", ()):
            yield {"ClusterName": kept["Name"], "GroupId": group["SecurityGroupId"]}


def held(memorydb: Any, cluster: str) -> list[str]:
    """The security groups of a cluster, as AWS has them now."""
    told = memorydb.describe_clusters(ClusterName=cluster)["Clusters"][0]
    return [group["SecurityGroupId"] for group in told.get("SecurityGroups", ())]


def put(memorydb: Any, cluster: str, groups: list[str]) -> None:
    """Gives a cluster these security groups and no others."""
    memorydb.update_cluster(ClusterName=cluster, SecurityGroupIds=groups)


GROUPS = Whole(holder="memory_db_cluster_id", member="security_group_id", held=held, put=put)

MEMORY_DB_CLUSTER_SECURITY_GROUPS = Resource(
    MemoryDbClusterSecurityGroups,
    service="memorydb",
    shape="Cluster",
    cloud_id=("memory_db_cluster_id", "security_group_id", "region"),
    list=Call("DescribeClusters", "Clusters", by={"memory_db_cluster_id": "ClusterName"}),
    unfold=members,
    **GROUPS.writing,
    absent="ClusterNotFoundFault",
    not_yet=("InvalidClusterStateFault",),
)
