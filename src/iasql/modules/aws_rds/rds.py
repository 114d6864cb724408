"""A database instance; the instances of a cluster are the cluster's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iasql.modules.aws_rds.alike import encryption, encryption_key, password, pending, protection, retention
from iasql.modules.aws_rds.modify import TAGGING, modify_instance
from iasql.resource import (
    Call,
    Fixed,
    Image,
    Region,
    Resource,
    Tags,
    cloud_id,
    column,
    computed,
    ref,
    region,
    row,
)

NAME = r"(?!.*--)[a-z][a-z0-9-]{0,62}(?<!-)"
SAID = "1 to 63 lower-case letters, digits and single hyphens, a letter first and no hyphen last"


def place(instance: Mapping[str, Any]) -> str | None:
    """The subnet group that it was put in; AWS's own, default, has no row."""
    name: str | None = (instance.get("DBSubnetGroup") or {}).get("DBSubnetGroupName")
    return None if name == "default" else name


@row
class Rds:
    """An instance of a relational database."""

    db_instance_identifier: str = cloud_id(member="DBInstanceIdentifier", pattern=NAME, allowed=SAID)
    arn: str | None = computed(member="DBInstanceArn")
    allocated_storage: int = column(path=pending("AllocatedStorage"))
    db_instance_class: str = column(member="DBInstanceClass", path=pending("DBInstanceClass"))
    engine: str = column(why="ModifyDBInstance changes it between editions of Oracle only")
    engine_version: str | None = column(path=pending("EngineVersion"))
    master_user_password: str | None = password()
    master_username: str | None = column()
    endpoint_addr: str | None = computed(path="Endpoint.Address")
    endpoint_port: int | None = computed(path="Endpoint.Port")
    endpoint_hosted_zone_id: str | None = computed(path="Endpoint.HostedZoneId")
    backup_retention_period: int = retention(0)
    preferred_backup_window: str | None = column()
    storage_encrypted: bool | None = encryption()
    kms_key_id: str | None = encryption_key()
    deletion_protection: bool | None = column()
    status: str | None = computed(member="DBInstanceStatus")
    tags: Tags | None = column(path="TagList")
    region: Region = region()
    availability_zone: str = ref("availability_zone", column="name", why="ModifyDBInstance moves none")
    parameter_group_id: int | None = ref(
        "parameter_group", member="DBParameterGroupName", path="DBParameterGroups[0].DBParameterGroupName"
    )
    subnet_group_id: int | None = ref("db_subnet_group", member="DBSubnetGroupName", path=place)
    db_cluster_id: int | None = ref("db_cluster", member="DBClusterIdentifier", with_region=False, on_delete="cascade")


def stays(instance: Image) -> str | None:
    """A cluster makes its instances and takes them along; and who protects one says so."""
    if instance.get("db_cluster_id") is not None:
        return "it belongs to a DB cluster; change or delete that"
    return protection(instance)


RDS = Resource(
    Rds,
    service="rds",
    shape="DBInstance",
    unique=(("db_instance_identifier", "region"),),
    fixed=Fixed(
        columns=("db_instance_identifier", "region"),
        guard="block_rds_in_cluster_pk_update",
        what="Identifier or region of an instance in a DB cluster",
        hint="Change the cluster instead.",
        only_where="old.db_cluster_id is not null",
    ),
    list=Call("DescribeDBInstances", "DBInstances[?DBInstanceStatus != 'deleting']",
              by={"db_instance_identifier": "DBInstanceIdentifier"}),
    create=Call("CreateDBInstance", "DBInstance", TagSpecifications=None,
                VpcSecurityGroupIds="$rds_security_groups.security_group_id"),
    update=modify_instance,
    delete=Call("DeleteDBInstance", SkipFinalSnapshot=True),
    wait="DBInstanceAvailable",
    gone="DBInstanceDeleted",
    absent=("DBInstanceNotFound", "DBInstanceNotFoundFault"),
    exists="DBInstanceAlreadyExists",
    not_yet=("InvalidDBInstanceState",),
    stays=stays,
    holds_data="its data",
    replace_order="delete_first",
    aspects=(TAGGING,),
)  # fmt: skip
