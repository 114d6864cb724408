"""Databases, clusters of MemoryDB and domains of OpenSearch as a user types them."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from tests.acceptance.conftest import Sql, Stack

pytestmark = pytest.mark.modules("aws_rds", "aws_memory_db", "aws_opensearch")


def commit(sql: Sql, *statements: str, allow: str = "") -> None:
    sql("select * from iasql_begin()")
    for statement in statements:
        sql(statement)
    sql("select * from iasql_commit(allow => %s::text[])", f"{{{allow}}}")


GROUPS = (
    "insert into security_group (group_name, description, vpc_id) select n, 'd', id from vpc, unnest(array['a', 'b']) n"
    " where is_default"
)
PLACES = "(select array_agg(subnet_id) from subnet where default_for_az)"


def test_a_database_is_made_with_all_that_it_needs(sql: Sql, stack: Stack) -> None:
    rds = stack.client("rds")
    commit(
        sql,
        GROUPS,
        "insert into parameter_group (name, family, description, parameters) values ('mine', 'postgres14', 'd',"
        ' \'[{"ParameterName": "work_mem", "ParameterValue": "4096"}]\')',
        f"insert into db_subnet_group (name, description, subnets) values ('places', 'd', {PLACES})",
        "insert into rds (db_instance_identifier, engine, db_instance_class, allocated_storage, master_username,"
        " master_user_password, availability_zone, storage_encrypted, parameter_group_id, subnet_group_id)"
        " select 'main', 'postgres', 'db.t3.micro', 20, 'ann', 'secret-enough', 'us-east-1a', true, p.id, s.id"
        " from parameter_group p, db_subnet_group s where p.name = 'mine'",
        "insert into rds_security_groups (rds_id, security_group_id) select rds.id, g.id from rds, security_group g"
        " where g.group_name = 'a'",
    )
    (told,) = rds.describe_db_instances()["DBInstances"]
    assert (told["DBParameterGroups"][0]["DBParameterGroupName"], told["StorageEncrypted"]) == ("mine", True)
    names = "select group_name from rds_security_groups join security_group g on g.id = security_group_id"
    assert sql(names) == [{"group_name": "a"}], "the default group, which nobody asked for, is not there"
    row = sql.one("select endpoint_addr is not null ready, master_user_password word from rds")
    assert row == {"ready": True, "word": "********"}

    commit(
        sql,
        'update rds set allocated_storage = 30, backup_retention_period = 7, tags = \'{"a": "1"}\'',
        "delete from rds_security_groups",
        "insert into rds_security_groups (rds_id, security_group_id) select rds.id, g.id from rds, security_group g"
        " where g.group_name = 'b'",
    )
    (told,) = rds.describe_db_instances()["DBInstances"]
    assert (told["AllocatedStorage"], told["BackupRetentionPeriod"]) == (30, 7)
    assert sql(names) == [{"group_name": "b"}]

    rds.modify_db_instance(DBInstanceIdentifier="main", DeletionProtection=True)
    sql("select * from iasql_sync()")
    assert sql.one("select allocated_storage, deletion_protection from rds") == {
        "allocated_storage": 30, "deletion_protection": True,
    }  # fmt: skip
    with pytest.raises(psycopg.Error, match="deletion protection is on"):
        commit(sql, "delete from rds", allow="destroys_data,mass_delete")
    sql("select * from iasql_rollback()")
    commit(sql, "update rds set deletion_protection = false")
    named = ("delete from rds", "delete from db_subnet_group", "delete from parameter_group where name = 'mine'")
    commit(sql, *named, allow="destroys_data,mass_delete")
    assert rds.describe_db_instances()["DBInstances"] == []
    assert rds.describe_db_subnet_groups()["DBSubnetGroups"] == []


def test_a_cluster_of_databases(sql: Sql, stack: Stack) -> None:
    rds = stack.client("rds")
    commit(
        sql,
        "insert into db_cluster (db_cluster_identifier, engine, db_cluster_instance_class, allocated_storage, iops,"
        " master_username, master_user_password) values"
        " ('main', 'mysql', 'db.m5d.large', 100, 1000, 'ann', 'secret-enough')",
    )
    assert sql.one("select status, arn is not null known from db_cluster") == {
        "status": "available",
        "known": True,
    }
    commit(sql, "update db_cluster set backup_retention_period = 5, allocated_storage = 200")
    (told,) = rds.describe_db_clusters()["DBClusters"]
    assert (told["BackupRetentionPeriod"], told["AllocatedStorage"]) == (5, 200)
    with pytest.raises(psycopg.errors.CheckViolation):
        sql("update db_cluster set iops = 5")
    commit(sql, "delete from db_cluster", allow="destroys_data,mass_delete")
    assert rds.describe_db_clusters()["DBClusters"] == []


def test_a_cluster_of_memory_db(sql: Sql, stack: Stack) -> None:
    memorydb = stack.client("memorydb")
    commit(
        sql,
        GROUPS,
        f"insert into subnet_group (subnet_group_name, subnets) values ('g', {PLACES})",
        "insert into memory_db_cluster (cluster_name, node_type, subnet_group_id)"
        " select 'c', 'db.t4g.small', id from subnet_group where subnet_group_name = 'g'",
        "insert into memory_db_cluster_security_groups (memory_db_cluster_id, security_group_id)"
        " select c.id, g.id from memory_db_cluster c, security_group g where g.group_name = 'a'",
    )
    (told,) = memorydb.describe_clusters()["Clusters"]
    assert (told["SubnetGroupName"], len(told["SecurityGroups"])) == ("g", 1)
    assert sql.one("select address is not null ready, status from memory_db_cluster") == {
        "ready": True, "status": "available",
    }  # fmt: skip
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        sql("delete from subnet where default_for_az")
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        sql("insert into subnet_group (subnet_group_name, subnets) values ('h', array['subnet-none'])")
    sql('update subnet set tags = \'{"a": "1"}\'')  # a used subnet is changed as any other
    commit(sql, "update memory_db_cluster set description = 'd'")
    gone = ("delete from memory_db_cluster", "delete from subnet_group where subnet_group_name = 'g'")
    commit(sql, *gone, allow="destroys_data,mass_delete")
    assert memorydb.describe_clusters()["Clusters"] == []
    assert "g" not in [group["Name"] for group in memorydb.describe_subnet_groups()["SubnetGroups"]]


def test_a_domain_in_a_vpc(sql: Sql, stack: Stack) -> None:
    opensearch = stack.client("opensearch")
    commit(
        sql,
        GROUPS,
        "insert into domain (domain_name, version, availability_zone_count, instance_type, instance_count,"
        " access_policy, enable_fine_grained_access_control, fine_grained_access_control_master_username,"
        " fine_grained_access_control_master_password) values ('logs', 'OpenSearch_2.5', 1, 't3.small.search', 1,"
        " '{\"Version\": \"2012-10-17\", \"Statement\": []}', true, 'ann', 'Secret-enough-1')",
        "insert into domain_subnets (domain_id, subnet_id) select d.id, s.id from domain d, subnet s"
        " where s.availability_zone = 'us-east-1a' and s.default_for_az",
        "insert into domain_security_groups (domain_id, security_group_id) select d.id, g.id from domain d,"
        " security_group g where g.group_name = 'a'",
    )
    told: dict[str, Any] = opensearch.describe_domain(DomainName="logs")["DomainStatus"]
    assert [len(told["VPCOptions"][name]) for name in ("SubnetIds", "SecurityGroupIds")] == [1, 1]
    assert told["AdvancedSecurityOptions"]["Enabled"]
    assert told["EncryptionAtRestOptions"]["Enabled"]
    row = sql.one("select endpoint is not null ready, fine_grained_access_control_master_password word from domain")
    assert row == {"ready": True, "word": "********"}
    commit(
        sql,
        'update domain set instance_count = 2, tags = \'{"a": "1"}\'',
        "insert into domain_security_groups (domain_id, security_group_id) select d.id, g.id from domain d,"
        " security_group g where g.group_name = 'b'",
    )
    told = opensearch.describe_domain(DomainName="logs")["DomainStatus"]
    assert told["ClusterConfig"]["InstanceCount"] == 2
    assert [len(told["VPCOptions"][name]) for name in ("SubnetIds", "SecurityGroupIds")] == [1, 2]
    commit(sql, "delete from domain", allow="destroys_data,mass_delete")
    assert opensearch.list_domain_names()["DomainNames"] == []
