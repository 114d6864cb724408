"""A cache cluster: another size is given to it in place, another engine makes it anew."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, get_args

from iasql.modules.aws_elasticache.nodes import create, resize
from iasql.resource import (
    Aspect,
    Call,
    Image,
    Region,
    Resource,
    Tagging,
    Tags,
    cloud_id,
    column,
    computed,
    region,
    row,
)

Engine = Literal["memcached", "redis"]
ANEW = "ModifyCacheCluster changes no Redis into Memcached"


@row
class CacheCluster:
    """A cluster of nodes that keep data in memory: one node of Redis, or several of Memcached."""

    cluster_id: str = cloud_id(
        member="CacheClusterId",
        pattern=r"(?!.*--)[a-z][a-z0-9-]{0,49}(?<!-)",
        allowed="1 to 50 lower-case letters, digits and single hyphens, a letter first and no hyphen last",
    )
    node_type: str | None = column(
        member="CacheNodeType",
        path="PendingModifiedValues.CacheNodeType || CacheNodeType",
        why="ModifyCacheCluster changes it in place; AWS refuses that for Memcached",
    )
    engine: Engine = column(default="redis", why=ANEW)
    num_nodes: int | None = column(
        member="NumCacheNodes", path="PendingModifiedValues.NumCacheNodes || NumCacheNodes", between=(1, 40)
    )
    arn: str | None = computed(member="ARN")
    status: str | None = computed(member="CacheClusterStatus")
    replication_group_id: str | None = computed(comment="The replication group whose member it is.")
    tags: Tags | None = column()
    region: Region = region()


def stays(cluster: Image) -> str | None:
    """A replication group makes its clusters, and takes them along."""
    group = cluster.get("replication_group_id")
    return f"it belongs to the replication group {group}" if group else None


def known(cluster: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The cluster, unless it is on its way out or of an engine that the table does not know."""
    if cluster["CacheClusterStatus"] not in ("deleting", "deleted") and cluster["Engine"] in get_args(Engine):
        yield cluster


CACHE_CLUSTER = Resource(
    CacheCluster,
    service="elasticache",
    shape="CacheCluster",
    says={"ResourceName": "$arn"},
    unique=(("cluster_id", "region"),),
    list=Call("DescribeCacheClusters", "CacheClusters", by={"cluster_id": "CacheClusterId"}),
    unfold=known,
    create=create,
    delete=Call("DeleteCacheCluster"),
    wait="CacheClusterAvailable",
    not_yet=("InvalidCacheClusterState",),
    stays=stays,
    holds_data="what it keeps in memory",
    replace_order="delete_first",
    aspects=(
        Aspect("node_type", put=Call("ModifyCacheCluster", ApplyImmediately=True, NumCacheNodes=None, Engine=None),
               wait="CacheClusterAvailable"),
        Aspect("num_nodes", put=resize, wait="CacheClusterAvailable"),
        Tagging("tags", get=Call("ListTagsForResource", "TagList"), put=Call("AddTagsToResource", Tags="$set"),
                remove=Call("RemoveTagsFromResource", TagKeys="$unset")),
    ),
)  # fmt: skip
