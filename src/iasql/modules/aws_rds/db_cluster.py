"""A cluster of database instances in several availability zones, which it makes by itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, get_args

from iasql.modules.aws_rds.alike import encryption, encryption_key, password, pending, protection, retention
from iasql.modules.aws_rds.modify import TAGGING, modify_cluster
from iasql.resource import Call, Region, Resource, Tags, cloud_id, column, computed, ref, region, row

Engine = Literal["mysql", "postgres"]


@row
class DbCluster:
    """A cluster of a writer and two readers, in three availability zones."""

    db_cluster_identifier: str = cloud_id(
        member="DBClusterIdentifier",
        pattern=r"(?!.*--)[a-z][a-z0-9-]{0,51}(?<!-)",
        allowed="1 to 52 lower-case letters, digits and single hyphens, a letter first and no hyphen last",
    )
    arn: str | None = computed(member="DBClusterArn")
    allocated_storage: int = column(path=pending("AllocatedStorage"))
    iops: int = column(path=pending("Iops"))
    backup_retention_period: int = retention(1)
    preferred_backup_window: str | None = column()
    db_cluster_instance_class: str = column(member="DBClusterInstanceClass")
    deletion_protection: bool | None = column(default=False)
    engine: Engine = column(why="ModifyDBCluster changes no engine")
    engine_version: str | None = column(path=pending("EngineVersion"))
    master_user_password: str | None = password()
    master_username: str = column(why="ModifyDBCluster changes none")
    port: int | None = column(between=(1150, 65_535), why="ModifyDBCluster takes another port of Aurora only")
    publicly_accessible: bool | None = column(default=False)
    storage_encrypted: bool | None = encryption(default=False)
    kms_key_id: str | None = encryption_key()
    status: str | None = computed()
    endpoint: str | None = computed()
    tags: Tags | None = column(path="TagList")
    region: Region = region()
    subnet_group_id: int | None = ref(
        "db_subnet_group", member="DBSubnetGroupName", path="[DBSubnetGroup][?@ != 'default'] | [0]"
    )


def known(cluster: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The cluster, unless it is on its way out or one of Aurora, whose storage has no size."""
    if cluster["Status"] != "deleting" and cluster["Engine"] in get_args(Engine):
        yield cluster


DB_CLUSTER = Resource(
    DbCluster,
    service="rds",
    shape="DBCluster",
    unique=(("db_cluster_identifier", "region"),),
    checks={
        "Check_db_cluster_allocated_storage": "allocated_storage between 100 and 65000",
        "Check_db_cluster_iops": "iops between 1000 and 256000",
    },
    list=Call("DescribeDBClusters", "DBClusters", by={"db_cluster_identifier": "DBClusterIdentifier"}),
    unfold=known,
    create=Call(
        "CreateDBCluster",
        "DBCluster",
        TagSpecifications=None,
        VpcSecurityGroupIds="$db_cluster_security_groups.security_group_id",
    ),
    update=modify_cluster,
    delete=Call("DeleteDBCluster", SkipFinalSnapshot=True),
    wait="DBClusterAvailable",
    gone="DBClusterDeleted",
    absent=("DBClusterNotFoundFault", "DBClusterNotFound"),
    exists="DBClusterAlreadyExistsFault",
    not_yet=("InvalidDBClusterStateFault", "InvalidDBInstanceState"),
    stays=protection,
    holds_data="its data",
    replace_order="delete_first",
    aspects=(TAGGING,),
)
