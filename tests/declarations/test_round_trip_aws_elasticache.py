"""Cache clusters go to a stand-in of AWS and come back; it cannot change them (ModifyCacheCluster)."""

from __future__ import annotations

from typing import Any

import pytest

from iasql.cloud import reader, writer
from tests.declarations.stand_in import HERE, RESOURCES, Cloud, agrees
from tests.unit.cloud.canned import Canned

CLUSTER = RESOURCES["cache_cluster"]


@pytest.mark.parametrize(("engine", "nodes"), [("redis", 1), ("memcached", 3)])
def test_cache_cluster(cloud: Cloud, engine: str, nodes: int) -> None:
    row = cloud.create("cache_cluster", cluster_id="hot", node_type="cache.t3.micro", engine=engine, num_nodes=nodes,
                       tags={"a": "1"})  # fmt: skip
    assert agrees(row, cluster_id="hot", node_type="cache.t3.micro", engine=engine, num_nodes=nodes, tags={"a": "1"},
                  status="available")  # fmt: skip
    row = cloud.update("cache_cluster", row, tags={"b": "2"})
    assert agrees(row, tags={"b": "2"})
    cloud.delete("cache_cluster", row)


def described(**told: Any) -> dict[str, Any]:
    cluster = {"CacheClusterId": "hot", "CacheNodeType": "cache.t3.micro", "Engine": "memcached", "NumCacheNodes": 3,
               "CacheClusterStatus": "available", "ARN": "arn:c"}  # fmt: skip
    return {"CacheClusters": [cluster | told]}


NODES = [{"CacheNodeId": f"000{number}"} for number in (1, 2, 3)]


@pytest.mark.parametrize(
    ("change", "sent"),
    [
        ({"node_type": "cache.m6g.large"}, {"CacheNodeType": "cache.m6g.large"}),
        ({"num_nodes": 5}, {"NumCacheNodes": 5}),
        ({"num_nodes": 1}, {"NumCacheNodes": 1, "CacheNodeIdsToRemove": ["0002", "0003"]}),
    ],
)
def test_a_cluster_is_resized_in_place(change: dict[str, Any], sent: dict[str, Any]) -> None:
    """The stand-in lacks ModifyCacheCluster."""
    aws = Canned(DescribeCacheClusters=described(CacheNodes=NODES))
    row = {"cluster_id": "hot", "engine": "memcached", "node_type": "cache.t3.micro", "num_nodes": 3, "region": HERE}
    writer.update(aws, CLUSTER, HERE, row, row | change, frozenset(change))
    assert aws.sent("ModifyCacheCluster") == [{"CacheClusterId": "hot", "ApplyImmediately": True, **sent}]


def test_what_is_being_resized_has_its_new_size() -> None:
    aws = Canned(DescribeCacheClusters=described(PendingModifiedValues={"NumCacheNodes": 5}))
    (row,) = reader.read_all(aws, CLUSTER, HERE, {})
    assert agrees(row, num_nodes=5, node_type="cache.t3.micro")


@pytest.mark.parametrize("told", [{"CacheClusterStatus": "deleting"}, {"Engine": "valkey"}])
def test_what_leaves_or_is_unknown_has_no_row(told: dict[str, Any]) -> None:
    aws = Canned(DescribeCacheClusters=described(**told))
    assert list(reader.read_all(aws, CLUSTER, HERE, {})) == []


def test_a_name_is_taken_once_its_former_bearer_is_gone() -> None:
    answers = iter([described(CacheClusterStatus="deleting"), "CacheClusterNotFound"])
    aws = Canned(DescribeCacheClusters=lambda _: next(answers, described()), CreateCacheCluster={"CacheCluster": {}})
    made = {"cluster_id": "hot", "engine": "redis", "node_type": "cache.t3.micro", "num_nodes": 1, "region": HERE}
    writer.create(aws, CLUSTER, HERE, made, "token")
    assert aws.operations == ["DescribeCacheClusters"] * 2 + ["CreateCacheCluster", "DescribeCacheClusters"]


def test_a_member_of_a_replication_group_stays() -> None:
    assert CLUSTER.stays is not None
    assert "group g" in str(CLUSTER.stays({"replication_group_id": "g"}))


@pytest.mark.parametrize("name", ["Hot", "1hot", "h--t", "hot-"])
def test_names_that_elasticache_refuses_or_changes(name: str) -> None:
    row = {"cluster_id": name, "engine": "redis", "node_type": "cache.t3.micro", "num_nodes": 1, "region": HERE}
    assert [fault.column for fault in CLUSTER.faults(row)] == ["cluster_id"]
