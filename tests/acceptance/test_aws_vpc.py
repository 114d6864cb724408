"""Networks as a user types them: made in one commit, changed, and taken down with what AWS made along with them."""

from __future__ import annotations

import psycopg
import pytest

from tests.acceptance.conftest import Sql, Stack

pytestmark = pytest.mark.modules("aws_security_group")

NETWORK = """
    insert into vpc (cidr_block, tags) values ('10.9.0.0/16', '{"Name": "story"}');
    insert into subnet (cidr_block, availability_zone, vpc_id)
    select '10.9.1.0/24', 'us-east-1a', id from vpc where cidr_block = '10.9.0.0/16';
    insert into internet_gateway (vpc_id) select id from vpc where cidr_block = '10.9.0.0/16';
    insert into route_table (vpc_id, tags) select id, '{"Name": "public"}' from vpc where cidr_block = '10.9.0.0/16';
    insert into route_table_association (route_table_id, subnet_id, vpc_id)
    select t.id, s.id, s.vpc_id from route_table t join subnet s using (vpc_id) where s.cidr_block = '10.9.1.0/24';
    insert into security_group (group_name, description, vpc_id)
    select 'web', 'web servers', id from vpc where cidr_block = '10.9.0.0/16';
    insert into security_group_rule
      (is_egress, ip_protocol, from_port, to_port, source_security_group, security_group_id)
    select false, 'tcp', 5432, 5432, id, id from security_group where group_name = 'web';
"""


@pytest.fixture
def network(sql: Sql) -> Sql:
    """A database that looks at one region, with a network of one commit."""
    sql("select * from iasql_begin()")
    for statement in NETWORK.split(";"):
        if statement.strip():
            sql(statement)
    sql("select * from iasql_commit()")
    return sql


def vpc_of(stack: Stack) -> str:
    (vpc,) = stack.client("ec2").describe_vpcs(Filters=[{"Name": "cidr", "Values": ["10.9.0.0/16"]}])["Vpcs"]
    return str(vpc["VpcId"])


def test_a_network_comes_and_goes(network: Sql, stack: Stack) -> None:
    ec2, vpc = stack.client("ec2"), vpc_of(stack)
    of_vpc = [{"Name": "vpc-id", "Values": [vpc]}]
    (part,) = ec2.describe_subnets(Filters=of_vpc)["Subnets"]
    tables = ec2.describe_route_tables(Filters=of_vpc)["RouteTables"]
    assert [one["SubnetId"] for table in tables for one in table["Associations"] if not one["Main"]] == [
        part["SubnetId"]
    ]
    groups = ec2.describe_security_groups(Filters=of_vpc)["SecurityGroups"]
    assert {group["GroupName"]: len(group["IpPermissionsEgress"]) for group in groups} == {"default": 1, "web": 0}
    network("select * from iasql_sync()")
    shown = network("select is_main from route_table where vpc_id = (select id from vpc where vpc_id = %s)", vpc)
    assert sorted(row["is_main"] for row in shown) == [False, True]

    network("select * from iasql_begin()")
    network(
        "insert into route (route_table_id, destination, gateway_id)"
        " select t.id, '0.0.0.0/0', g.internet_gateway_id from route_table t join internet_gateway g using (vpc_id)"
        ' where t.tags = \'{"Name": "public"}\''
    )
    network("select * from iasql_commit()")
    routes = [r for table in ec2.describe_route_tables(Filters=of_vpc)["RouteTables"] for r in table["Routes"]]
    assert sorted(route["DestinationCidrBlock"] for route in routes) == ["0.0.0.0/0", "10.9.0.0/16", "10.9.0.0/16"]

    network("select * from iasql_begin()")
    where = f"vpc_id = (select id from vpc where vpc_id = '{vpc}')"
    network(f"delete from security_group_rule r using security_group g where g.id = r.security_group_id and g.{where}")
    for table in ("security_group", "route_table_association", "subnet"):
        network(f"delete from {table} where {where}")
    network("delete from vpc where vpc_id = %s", vpc)
    network("select * from iasql_commit()")
    assert ec2.describe_vpcs(Filters=of_vpc)["Vpcs"] == []
    network("select * from iasql_sync()")
    assert network("select * from vpc where vpc_id = %s", vpc) == []
    assert network("select * from iasql_conflict") == []


def test_a_subnet_has_its_addresses_alone_and_moves_with_them(network: Sql, stack: Stack) -> None:
    with pytest.raises(psycopg.errors.UniqueViolation, match="subnet_vpc_id_cidr_block_key"):
        network("insert into subnet (cidr_block, availability_zone, vpc_id)"
                " select cidr_block, 'us-east-1b', vpc_id from subnet where cidr_block = '10.9.1.0/24'")  # fmt: skip
    network("select * from iasql_begin()")
    network("delete from route_table_association where subnet_id is not null")
    network("update subnet set availability_zone = 'us-east-1b' where cidr_block = '10.9.1.0/24'")
    network("select * from iasql_commit()")
    there = [{"Name": "cidr-block", "Values": ["10.9.1.0/24"]}]
    (part,) = stack.client("ec2").describe_subnets(Filters=there)["Subnets"]
    row = network.one("select subnet_id, availability_zone z from subnet where cidr_block = '10.9.1.0/24'")
    assert row == {"subnet_id": part["SubnetId"], "z": "us-east-1b"} == {**row, "z": part["AvailabilityZone"]}

    # somebody makes it anew: another subnet with the same addresses stands in its place
    ec2 = stack.client("ec2")
    ec2.delete_subnet(SubnetId=part["SubnetId"])
    again = ec2.create_subnet(VpcId=part["VpcId"], CidrBlock="10.9.1.0/24", AvailabilityZone="us-east-1a")["Subnet"]
    network("select * from iasql_sync()")
    found = network("select subnet_id, availability_zone from subnet where cidr_block = '10.9.1.0/24'")
    assert found == [{"subnet_id": again["SubnetId"], "availability_zone": "us-east-1a"}]
    assert network("select * from iasql_conflict") == []


def test_what_aws_keeps_is_not_deleted(network: Sql, stack: Stack) -> None:
    network("select * from iasql_begin()")
    network("delete from route where gateway_id = 'local'")
    with pytest.raises(Exception, match="the local route belongs to its table"):
        network("select * from iasql_commit()")
    network("select * from iasql_rollback()")
    assert network("select count(*) from route where gateway_id = 'local'") != [{"count": 0}]
