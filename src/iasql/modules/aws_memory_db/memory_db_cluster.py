"""A cluster of MemoryDB."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, get_args

from iasql.modules.aws_memory_db.subnet_group import TAGGING
from iasql.resource import (
    Aspect,
    Call,
    Region,
    Resource,
    Tags,
    Until,
    cloud_id,
    column,
    computed,
    ref,
    region,
    row,
)

NodeType = Literal[
    "db.t4g.small", "db.t4g.medium", "db.r6g.large", "db.r6g.xlarge", "db.r6g.2xlarge", "db.r6g.4xlarge",
    "db.r6g.8xlarge", "db.r6g.12xlarge", "db.r6g.16xlarge",
]  # fmt: skip
NAME = r"(?!.*--)[a-z][a-z0-9-]{0,39}(?<!-)"


@row
class MemoryDbCluster:
    """A cluster of nodes that keep data in memory and on disk, as Redis does."""

    cluster_name: str = cloud_id(
        path="Name",
        pattern=NAME,
        allowed="1 to 40 lower-case letters, digits and single hyphens, a letter first and no hyphen last",
    )
    description: str | None = column(cleared="")
    address: str | None = computed(path="ClusterEndpoint.Address")
    port: int = column(default=6379, path="ClusterEndpoint.Port", between=(1, 65_535))
    node_type: NodeType = column(default="db.r6g.large")
    arn: str | None = computed(member="ARN")
    status: str | None = computed()
    acl_name: str = column(default="open-access", member="ACLName", comment="Who may do what: an access control list.")
    kms_key_id: str | None = column(comment="The KMS key that encrypts what is on disk; null: MemoryDB's own.")
    snapshot_retention_limit: int | None = column(
        between=(0, 35), comment="How many days automatic snapshots are kept; 0: none are made."
    )
    tags: Tags | None = column()
    region: Region = region()
    subnet_group_id: int = ref("subnet_group", member="SubnetGroupName")


def known(cluster: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The cluster, unless it is on its way out or of nodes that the table does not know."""
    if cluster["Status"] != "deleting" and cluster["NodeType"] in get_args(NodeType):
        yield cluster


AVAILABLE = Until(Call("DescribeClusters"), "Clusters[0].Status == 'available'")


def changed(column: str, member: str) -> Aspect:
    """One column by itself, since a cluster takes one change at a time."""
    others = {name: None for name in CHANGES if name != member}
    return Aspect(column, put=Call("UpdateCluster", "@", None, **others), wait=AVAILABLE)


CHANGES = ("Description", "NodeType", "ACLName", "SnapshotRetentionLimit")

MEMORY_DB_CLUSTER = Resource(
    MemoryDbCluster,
    service="memorydb",
    shape="Cluster",
    says={"ResourceArn": "$arn"},
    unique=(("cluster_name", "region"),),
    list=Call("DescribeClusters", "Clusters", by={"cluster_name": "ClusterName"}),
    unfold=known,
    create=Call("CreateCluster", "Cluster", SecurityGroupIds="$memory_db_cluster_security_groups.security_group_id"),
    delete=Call("DeleteCluster"),
    wait=AVAILABLE,
    gone=Until(Call("DescribeClusters"), "`false`", absent="ClusterNotFoundFault", delay=5, attempts=360),
    absent="ClusterNotFoundFault",
    not_yet=("InvalidClusterStateFault", "InvalidACLStateFault"),
    holds_data="its data",
    replace_order="delete_first",
    aspects=(
        changed("description", "Description"),
        changed("node_type", "NodeType"),
        changed("acl_name", "ACLName"),
        changed("snapshot_retention_limit", "SnapshotRetentionLimit"),
        TAGGING,
    ),
)
