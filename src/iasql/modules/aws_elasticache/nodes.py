"""How many nodes a cache cluster has, and the name that it needs for itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iasql.resource import takes


@takes("cluster_id", "node_type", "engine", "num_nodes", "tags")
def create(elasticache: Any, cluster: Mapping[str, Any]) -> Any:
    """Makes the cluster, once one of that name that is being deleted is gone."""
    name = cluster["cluster_id"]
    if is_leaving(elasticache, name):
        elasticache.get_waiter("cache_cluster_deleted").wait(CacheClusterId=name)
    said = {
        "CacheNodeType": cluster.get("node_type"),
        "Engine": cluster["engine"],
        "NumCacheNodes": cluster.get("num_nodes"),
        "Tags": cluster.get("tags"),
    }
    given = {member: value for member, value in said.items() if value is not None}
    return elasticache.create_cache_cluster(CacheClusterId=name, **given)["CacheCluster"]


def is_leaving(elasticache: Any, name: str) -> bool:
    """Whether a cluster of that name is being deleted."""
    try:
        (found,) = elasticache.describe_cache_clusters(CacheClusterId=name)["CacheClusters"]
    except elasticache.exceptions.CacheClusterNotFoundFault:
        return False
    return bool(found["CacheClusterStatus"] == "deleting")


@takes("cluster_id", "num_nodes")
def resize(elasticache: Any, cluster: Mapping[str, Any]) -> None:
    """Adds nodes, or takes the youngest away: ElastiCache wants those named that go."""
    name, count = cluster["cluster_id"], cluster["num_nodes"]
    told = elasticache.describe_cache_clusters(CacheClusterId=name, ShowCacheNodeInfo=True)["CacheClusters"][0]
    nodes = sorted(node["CacheNodeId"] for node in told.get("CacheNodes", ()))
    going = {"CacheNodeIdsToRemove": nodes[count:]} if count < len(nodes) else {}
    elasticache.modify_cache_cluster(CacheClusterId=name, NumCacheNodes=count, ApplyImmediately=True, **going)
