"""Databases and what they are made with go to a stand-in of AWS and come back."""

from __future__ import annotations

from typing import Any

import pytest

from iasql.cloud import writer
from iasql.resource import Image
from tests.declarations.stand_in import HERE, RESOURCES, THERE, Cloud, agrees
from tests.unit.cloud.canned import Canned

INSTANCE = {"db_instance_identifier": "main", "engine": "postgres", "db_instance_class": "db.t3.micro",
            "allocated_storage": 20, "master_username": "ann", "master_user_password": "secret-enough",
            "backup_retention_period": 3}  # fmt: skip
CLUSTER = {"db_cluster_identifier": "main", "engine": "mysql", "db_cluster_instance_class": "db.m5d.large",
           "allocated_storage": 100, "iops": 1000, "master_username": "ann", "master_user_password": "secret-enough",
           "backup_retention_period": 2}  # fmt: skip


def default_subnets(cloud: Cloud) -> list[str]:
    return sorted(row["subnet_id"] for row in cloud.all("subnet") if row["default_for_az"])


def security_group(cloud: Cloud, name: str) -> str:
    vpc = next(row["vpc_id"] for row in cloud.all("vpc") if row["is_default"])
    return str(cloud.create("security_group", group_name=name, description="d", vpc_id=vpc)["group_id"])


def seen(values: Image) -> Image:
    """The values that AWS tells."""
    return {name: value for name, value in values.items() if name != "master_user_password"}


@pytest.mark.parametrize("region", [HERE, THERE])
def test_instance(cloud: Cloud, region: str) -> None:
    row = cloud.create("rds", region, availability_zone=f"{region}a", storage_encrypted=True, tags={"a": "1"},
                       **INSTANCE)  # fmt: skip
    assert agrees(row, availability_zone=f"{region}a", storage_encrypted=True, tags={"a": "1"}, db_cluster_id=None,
                  region=region, **seen(INSTANCE))  # fmt: skip
    assert row["endpoint_addr"]
    assert row["endpoint_port"] == 5432
    change = {"allocated_storage": 30, "db_instance_class": "db.t3.small", "backup_retention_period": 0,
              "deletion_protection": True}  # fmt: skip
    row = cloud.update("rds", row, region, tags={"b": "2"}, master_user_password="another-one", **change)
    assert agrees(row, tags={"b": "2"}, engine="postgres", **change)
    stays = RESOURCES["rds"].stays
    assert stays is not None
    assert "protection" in str(stays(row))
    cloud.delete("rds", cloud.update("rds", row, region, deletion_protection=False), region)


def test_only_what_changed_is_sent() -> None:
    aws = Canned()
    row = {"db_instance_identifier": "main", "region": HERE, "allocated_storage": 20, "engine_version": "13.4"}
    after = row | {"engine_version": "14.1", "master_user_password": None}
    writer.update(aws, RESOURCES["rds"], HERE, row, after, frozenset({"engine_version", "master_user_password"}))
    assert aws.calls == [("ModifyDBInstance", {
        "DBInstanceIdentifier": "main", "ApplyImmediately": True, "EngineVersion": "14.1",
        "AllowMajorVersionUpgrade": True})]  # fmt: skip
    writer.update(aws, RESOURCES["rds"], HERE, row, after, frozenset({"master_user_password"}))
    assert len(aws.calls) == 1


def test_an_instance_of_a_cluster_stays() -> None:
    stays = RESOURCES["rds"].stays
    assert stays is not None
    assert "cluster" in str(stays({"db_cluster_id": "c"}))


def test_security_groups_of_an_instance(cloud: Cloud) -> None:
    instance = cloud.create("rds", availability_zone="us-east-1a", **INSTANCE)["db_instance_identifier"]
    (given,) = cloud.all("rds_security_groups")
    row = cloud.create("rds_security_groups", rds_id=instance, security_group_id=security_group(cloud, "g"))
    assert agrees(row, rds_id="main", region=HERE)
    cloud.delete("rds_security_groups", given)
    assert cloud.all("rds_security_groups") == [row]


def test_cluster(cloud: Cloud) -> None:
    group = cloud.create("db_subnet_group", name="places", description="d", subnets=default_subnets(cloud)[:3])
    row = cloud.create("db_cluster", subnet_group_id=group["name"], storage_encrypted=True, tags={"a": "1"}, **CLUSTER)
    assert agrees(row, subnet_group_id="places", storage_encrypted=True, tags={"a": "1"}, **seen(CLUSTER))
    row = cloud.update("db_cluster", row, allocated_storage=200, tags={"b": "2"}, deletion_protection=True)
    assert agrees(row, allocated_storage=200, tags={"b": "2"}, deletion_protection=True)
    stays = RESOURCES["db_cluster"].stays
    assert stays is not None
    assert stays(row)
    link = cloud.create("db_cluster_security_groups", db_cluster_id="main",
                        security_group_id=security_group(cloud, "g"))  # fmt: skip
    cloud.delete("db_cluster_security_groups", link)
    cloud.delete("db_cluster", cloud.update("db_cluster", row, deletion_protection=False))


def test_aurora_has_no_row(cloud: Cloud) -> None:
    cloud.client("rds").create_db_cluster(DBClusterIdentifier="a", Engine="aurora-mysql", MasterUsername="ann",
                                          MasterUserPassword="secret-enough")  # fmt: skip
    assert cloud.all("db_cluster") == []
    assert cloud.all("db_cluster_security_groups") == []


def test_subnet_group(cloud: Cloud) -> None:
    row = cloud.create("db_subnet_group", name="places", description="d", tags={"a": "1"})
    assert agrees(row, description="d", subnets=default_subnets(cloud), tags={"a": "1"})
    row = cloud.update("db_subnet_group", row, tags={"b": "2"})
    assert agrees(row, tags={"b": "2"})
    cloud.delete("db_subnet_group", row)


@pytest.mark.parametrize(
    ("change", "sent"),
    [
        ({"subnets": ["subnet-2"]}, {"DBSubnetGroupDescription": "d", "SubnetIds": ["subnet-2"]}),
        ({"description": "e"}, {"DBSubnetGroupDescription": "e", "SubnetIds": ["subnet-1"]}),
    ],
)
def test_a_subnet_group_is_sent_as_it_is_to_be(change: dict[str, Any], sent: dict[str, Any]) -> None:
    aws = Canned()
    row = {"name": "places", "description": "d", "subnets": ["subnet-1"], "region": HERE}
    writer.update(aws, RESOURCES["db_subnet_group"], HERE, row, row | change, frozenset(change))
    assert aws.sent("ModifyDBSubnetGroup") == [{"DBSubnetGroupName": "places", **sent}]


def test_the_stand_in_loses_a_subnet_group_that_is_modified(cloud: Cloud) -> None:
    """Why the two tests above are apart: once this fails, they can be one."""
    subnets = default_subnets(cloud)
    cloud.create("db_subnet_group", name="places", description="d", subnets=subnets[:2])
    rds = cloud.client("rds")
    rds.modify_db_subnet_group(DBSubnetGroupName="places", DBSubnetGroupDescription="e", SubnetIds=subnets[:2])
    assert [group["DBSubnetGroupName"] for group in rds.describe_db_subnet_groups()["DBSubnetGroups"]] != ["places"]


def test_parameter_group(cloud: Cloud) -> None:
    one = {"ParameterName": "work_mem", "ParameterValue": "4096"}
    row = cloud.create("parameter_group", name="mine", family="postgres14", description="d", parameters=[one],
                       tags={"a": "1"})  # fmt: skip
    kind = RESOURCES["parameter_group"].column("parameters").kind
    assert kind.same(row["parameters"], [one])
    assert agrees(row, family="postgres14", description="d", tags={"a": "1"})
    two = {"ParameterName": "max_connections", "ParameterValue": "50", "ApplyMethod": "pending-reboot"}
    row = cloud.update("parameter_group", row, parameters=[one, two], tags={"b": "2"})
    assert kind.same(row["parameters"], [two, one | {"ApplyMethod": "immediate"}])
    assert agrees(row, tags={"b": "2"})
    cloud.delete("parameter_group", row)


def test_parameters_that_are_gone_are_reset() -> None:
    """The stand-in lacks ResetDBParameterGroup."""
    aws = Canned()
    many = [{"ParameterName": f"p{number:02}", "ParameterValue": str(number)} for number in range(25)]
    row = {"name": "mine", "region": HERE, "parameters": many[:3]}
    after = row | {"parameters": [many[0], many[1] | {"ParameterValue": "9"}, *many[3:]]}
    writer.update(aws, RESOURCES["parameter_group"], HERE, row, after, frozenset({"parameters"}))
    assert [len(said["Parameters"]) for said in aws.sent("ModifyDBParameterGroup")] == [20, 3]
    reset = [{"ParameterName": "p02", "ApplyMethod": "pending-reboot"}]
    assert aws.sent("ResetDBParameterGroup") == [{"DBParameterGroupName": "mine", "Parameters": reset}]


def test_default_groups_stay() -> None:
    stays = RESOURCES["parameter_group"].stays
    assert stays is not None
    assert stays({"name": "default.postgres14"})
    assert stays({"name": "mine"}) is None


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("rds", "db_instance_identifier", "Main"),
        ("rds", "backup_retention_period", 36),
        ("db_subnet_group", "name", "default"),
        ("parameter_group", "parameters", [{"Name": "x"}]),
        ("db_cluster", "engine", "aurora"),
    ],
)
def test_what_rds_refuses_or_changes(table: str, column: str, value: Any) -> None:
    faults = RESOURCES[table].faults({"region": HERE, column: value}, [column])
    assert [fault.column for fault in faults] == [column]
