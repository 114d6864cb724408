"""A cluster: the place where services run."""

from __future__ import annotations

from iasql.modules.aws_ecs_fargate.ecs_tags import ecs_tags
from iasql.resource import Call, Fixed, Region, Resource, Tags, cloud_id, column, region, row


@row
class Cluster:
    """A group of services and tasks."""

    cluster_name: str = column()
    cluster_arn: str | None = cloud_id()
    cluster_status: str | None = column(member="status")
    tags: Tags | None = column()
    region: Region = region()


CLUSTER = Resource(
    Cluster,
    service="ecs",
    shape="Cluster",
    unique=(("cluster_name", "region"),),
    fixed=Fixed(
        columns=("region",),
        guard="block_ecs_cluster_region_update",
        what="Cluster region",
        hint="Insert a cluster in the other region, then delete this row.",
    ),
    list=Call("ListClusters", "clusterArns[].{clusterArn: @}"),
    # ECS tells of a deleted cluster for a while.
    details=Call("DescribeClusters", "clusters[?status != 'INACTIVE'] | [0]", clusters=["$cluster_arn"],
                 include=["TAGS"]),
    create=Call("CreateCluster", "cluster"),
    delete=Call("DeleteCluster", cluster="$cluster_arn"),
    absent="ClusterNotFoundException",
    # Services and tasks take a while to end.
    not_yet=("ClusterContainsServicesException", "ClusterContainsTasksException", "UpdateInProgressException"),
    # Its name is taken until it is gone.
    replace_order="delete_first",
    aspects=(ecs_tags("cluster_arn"),),
)  # fmt: skip
