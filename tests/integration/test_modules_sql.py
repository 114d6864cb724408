"""The modules' own SQL on a real PostgreSQL: tables, guards, functions, and that nothing of it outlives them."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from psycopg.errors import CheckViolation, InvalidParameterValue, LockNotAvailable, RaiseException, UniqueViolation
from psycopg.sql import Composable, Composed

from iasql.db import ddl, functions
from iasql.modules import discover
from iasql.resource import Module
from tests.databases import Database

MODULES = discover()
RESOURCES = {resource.table: resource for module in MODULES.values() for resource in module.resources}
FUNCTIONS = "select oid::regprocedure::text from pg_proc where pronamespace = 'public'::regnamespace"


def run(engine: psycopg.Connection, statements: list[Composable]) -> None:
    for statement in statements:
        engine.execute(Composed([statement]))


def install(engine: psycopg.Connection, module: Module) -> None:
    run(engine, ddl.create_tables(module.resources, RESOURCES, "public"))
    for file in module.sql:
        engine.execute(file.read_bytes())
    for function in module.functions:
        run(engine, list(functions.create_function(function, "public")))


def uninstall(engine: psycopg.Connection, module: Module) -> None:
    for file in module.before_uninstall:
        engine.execute(file.read_bytes())
    for function in module.functions:
        run(engine, list(functions.drop_function(function, "public")))
    run(engine, ddl.drop_tables(module.resources, RESOURCES, "public"))


@pytest.fixture(scope="module")
def installed(shared_database: Database) -> psycopg.Connection:
    engine = shared_database.connect("iasql_engine")
    engine.execute("set search_path to public")  # as an install does
    for module in MODULES.values():
        install(engine, module)
    engine.execute(
        "insert into aws_regions (region, is_enabled) values ('us-east-1', true), ('eu-west-1', true),"
        " ('me-south-1', false)"
    )
    return engine


@pytest.fixture
def sql(installed: psycopg.Connection, shared_database: Database) -> Iterator[psycopg.Connection]:
    """An ordinary user, whose work is undone after the test."""
    user = shared_database.connect("iasql", autocommit=False)
    yield user
    user.rollback()
    user.close()


def one(sql: psycopg.Connection, query: str) -> object:
    row = sql.execute(query.encode()).fetchone()
    return None if row is None else row[0]


def test_the_default_region(sql: psycopg.Connection) -> None:
    assert one(sql, "select default_aws_region()") == "us-east-1"
    assert one(sql, "select default_aws_region('eu-west-1')") == "eu-west-1"
    assert one(sql, "select default_aws_region()") == "eu-west-1"
    assert one(sql, "select default_aws_region('us-east-1')") == "us-east-1"
    sql.execute("update aws_regions set is_enabled = true")  # rows other than the default may be changed, and it too
    sql.execute("update aws_regions set is_default = (region = 'eu-west-1')")
    assert one(sql, "select string_agg(region, ' ') from aws_regions where is_default") == "eu-west-1"


@pytest.mark.parametrize("region", ["'mars-1'", "'me-south-1'", "null", "''"])
def test_an_unknown_or_disabled_region_changes_nothing(sql: psycopg.Connection, region: str) -> None:
    sql.execute("select default_aws_region('eu-west-1')")
    sql.execute("savepoint before")
    with pytest.raises(InvalidParameterValue, match="does not exist or is not enabled") as raised:
        sql.execute(f"select default_aws_region({region})".encode())
    assert raised.value.diag.message_detail == "Allowed: eu-west-1, us-east-1"
    sql.execute("rollback to before")
    assert one(sql, "select default_aws_region()") == "eu-west-1"


def test_only_one_default(sql: psycopg.Connection) -> None:
    with pytest.raises(UniqueViolation, match="Only one AWS region may be the default"):
        sql.execute("update aws_regions set is_default = true")


def test_two_who_move_the_default_at_once_meet_at_a_row(sql: psycopg.Connection, shared_database: Database) -> None:
    with shared_database.connect("iasql", autocommit=False) as other:
        other.execute("set lock_timeout = '200ms'")
        sql.execute("update aws_regions set is_default = true where region = 'us-east-1'")
        with pytest.raises(LockNotAvailable):
            other.execute("update aws_regions set is_default = true where region = 'me-south-1'")
        other.rollback()
        other.execute("insert into queue (name, region) values ('q', 'eu-west-1')")  # what refers to regions goes on
        other.rollback()
    assert one(sql, "select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()") == 0


def test_rows_take_the_default_region(sql: psycopg.Connection) -> None:
    sql.execute("select default_aws_region('eu-west-1')")
    sql.execute("insert into bucket (name) values ('b')")
    assert one(sql, "select region from bucket") == "eu-west-1"


@pytest.mark.parametrize("change", ["name = 'c'", "region = 'eu-west-1'"])
def test_a_bucket_stays_what_and_where_it_is(sql: psycopg.Connection, change: str) -> None:
    sql.execute("insert into bucket (name) values ('b')")
    sql.execute("""update bucket set tags = '{"a": "1"}'""")
    with pytest.raises(RaiseException, match="Bucket name or region cannot be modified"):
        sql.execute(f"update bucket set {change}".encode())


@pytest.mark.parametrize("change", ["key = 'l'", "bucket_name = 'c'", "region = 'eu-west-1'"])
def test_an_object_stays_what_and_where_it_is(sql: psycopg.Connection, change: str) -> None:
    sql.execute(
        "insert into bucket (name) values ('b'); insert into bucket_object (bucket_name, key) values ('b', 'k')"
    )
    with pytest.raises(RaiseException, match="Object bucket, key or region cannot be modified"):
        sql.execute(f"update bucket_object set {change}".encode())


@pytest.mark.parametrize(
    ("region", "host"),
    [("us-east-1", "b.s3-website-us-east-1.amazonaws.com"), ("me-south-1", "b.s3-website.me-south-1.amazonaws.com")],
)
def test_the_host_of_a_website(sql: psycopg.Connection, region: str, host: str) -> None:
    sql.execute("insert into bucket (name, region) values ('b', %s)", [region])
    assert one(sql, "select get_bucket_website_endpoint('b')") == host
    assert one(sql, "select get_bucket_website_endpoint('none')") is None


@pytest.mark.parametrize(("name", "fifo"), [("q", True), ("q.fifo", False)])
def test_a_fifo_queue_says_so_twice(sql: psycopg.Connection, name: str, fifo: bool) -> None:
    with pytest.raises(CheckViolation, match="fifo"):
        sql.execute("insert into queue (name, fifo_queue) values (%s, %s)", [name, fifo])


def test_queues_that_agree(sql: psycopg.Connection) -> None:
    sql.execute("insert into queue (name, fifo_queue) values ('q', false), ('q.fifo', true)")


NETWORK = """
    insert into availability_zone (name, region) values ('eu-west-1a', 'eu-west-1');
    insert into vpc (id, cidr_block, region) overriding system value values (1, '10.0.0.0/16', 'eu-west-1');
    insert into vpc (id, cidr_block) overriding system value values (2, '10.1.0.0/16');
    insert into route_table (id, vpc_id, region, route_table_id) overriding system value
    values (1, 1, 'eu-west-1', 'rtb-1'), (2, 2, 'us-east-1', 'rtb-2');
    insert into subnet (id, vpc_id, cidr_block, availability_zone, region) overriding system value
    values (1, 1, '10.0.0.0/24', 'eu-west-1a', 'eu-west-1');
"""
ROUTE = "insert into route (route_table_id, region, destination) values (1, 'eu-west-1', %s)"


def test_an_association_is_where_its_route_table_is(sql: psycopg.Connection) -> None:
    sql.execute(NETWORK)
    sql.execute("insert into route_table_association (route_table_id, subnet_id, vpc_id) values (1, 1, 2)")
    found = sql.execute("select vpc_id, region, is_main from route_table_association").fetchone()
    assert found == (1, "eu-west-1", False)


def test_a_peering_is_where_its_requester_is(sql: psycopg.Connection) -> None:
    sql.execute(NETWORK)
    sql.execute("insert into peering_connection (requester_id, accepter_id) values (1, 2)")
    found = sql.execute("select region, accepter_region from peering_connection").fetchone()
    assert found == ("eu-west-1", "us-east-1")


def test_an_endpoint_moves_only_without_its_route_tables(sql: psycopg.Connection) -> None:
    sql.execute(NETWORK)
    sql.execute(
        "insert into endpoint_gateway (service, vpc_id, region, route_table_ids)"
        " values ('s3', 1, 'eu-west-1', '{rtb-1}')"
    )
    sql.execute("update endpoint_gateway set region = 'us-east-1', vpc_id = 2, route_table_ids = null")
    sql.execute("update endpoint_gateway set route_table_ids = '{rtb-2}'")
    with pytest.raises(RaiseException, match="region of an endpoint_gateway that has route_table_ids"):
        sql.execute("update endpoint_gateway set region = 'eu-west-1', vpc_id = 1")


@pytest.mark.parametrize("table", [table for table, resource in RESOURCES.items() if resource.fixed])
def test_what_is_fixed_has_a_guard(sql: psycopg.Connection, table: str) -> None:
    fixed = RESOURCES[table].fixed
    assert fixed is not None
    guard = one(sql, f"select pg_get_triggerdef(oid) from pg_trigger where tgrelid = '{table}'::regclass"
                     f" and tgname = '{fixed.guard}'")  # fmt: skip
    assert all(f"old.{column}" in str(guard) for column in fixed.columns)


def test_an_instance_of_a_cluster_keeps_its_name(sql: psycopg.Connection) -> None:
    sql.execute(NETWORK)
    sql.execute(
        "insert into db_cluster (db_cluster_identifier, allocated_storage, iops, db_cluster_instance_class, engine,"
        " master_username) values ('c', 100, 1000, 'db.m5d.large', 'mysql', 'ann')"
    )
    sql.execute(
        "insert into rds (db_instance_identifier, allocated_storage, db_instance_class, engine, availability_zone,"
        " region, db_cluster_id) select n, 20, 'db.t3.micro', 'mysql', 'eu-west-1a', 'eu-west-1', c.id"
        " from db_cluster c join (values ('in', true), ('out', false)) v(n, inside) on inside or true"
    )
    sql.execute("update rds set db_cluster_id = null where db_instance_identifier = 'out'")
    sql.execute("update rds set db_instance_identifier = 'away' where db_instance_identifier = 'out'")
    sql.execute("update rds set allocated_storage = 30")
    with pytest.raises(RaiseException, match="of an instance in a DB cluster cannot be modified"):
        sql.execute("update rds set db_instance_identifier = 'other' where db_instance_identifier = 'in'")


def test_where_a_load_balancer_may_be(sql: psycopg.Connection) -> None:
    sql.execute(NETWORK)
    sql.execute("update subnet set subnet_id = 'subnet-1'")
    for call, answer in (
        ("check_load_balancer_subnets('{subnet-1}')", True),
        ("check_load_balancer_subnets('{subnet-1, subnet-2}')", False),
        ("check_load_balancer_subnets(null)", True),
        ("check_load_balancer_availability_zones('b', '{eu-west-1a}')", True),
        ("check_load_balancer_availability_zones('b', '{mars-1a}')", False),
        ("check_load_balancer_availability_zones('b', '{}')", True),
    ):
        assert one(sql, f"select {call}") is answer, call


def test_the_subnets_of_a_group_are_of_one_network(sql: psycopg.Connection) -> None:
    sql.execute(NETWORK)
    sql.execute("insert into vpc (id, cidr_block, region) values (9, '10.9.0.0/16', 'eu-west-1')")
    sql.execute("insert into subnet (id, subnet_id, vpc_id, region, availability_zone, cidr_block)"
                " values (8, 'subnet-1', 1, 'eu-west-1', 'eu-west-1a', '10.0.8.0/24'),"
                " (9, 'subnet-2', 9, 'eu-west-1', 'eu-west-1a', '10.9.0.0/24')")  # fmt: skip
    sql.execute("insert into subnet_group (subnet_group_name, subnets, region) values ('g', '{subnet-1}', 'eu-west-1')")
    sql.execute("""update subnet set tags = '{"a": "1"}'""")  # a member may be changed
    with pytest.raises(CheckViolation, match="The subnets of subnet group g are of 2 VPCs"):
        sql.execute("update subnet_group set subnets = '{subnet-1, subnet-2}'")


def test_a_membership_is_where_its_database_is(sql: psycopg.Connection) -> None:
    sql.execute(NETWORK)
    sql.execute(
        "insert into rds (db_instance_identifier, allocated_storage, db_instance_class, engine, availability_zone,"
        " region) values ('d', 20, 'db.t3.micro', 'postgres', 'eu-west-1a', 'eu-west-1')"
    )
    sql.execute(
        "insert into security_group (group_name, description, vpc_id, region) values ('g', 'g', 1, 'eu-west-1')"
    )
    sql.execute("insert into rds_security_groups select r.id, g.id from rds r, security_group g")
    sql.execute("update rds_security_groups set region = 'us-east-1'")  # nobody's to say
    assert one(sql, "select region from rds_security_groups") == "eu-west-1"


@pytest.mark.parametrize("destination", ["0.0.0.0/0", "::/0", "2001:db8::/32", "::ffff:10.0.0.0/104", "pl-123"])
def test_destinations(sql: psycopg.Connection, destination: str) -> None:
    sql.execute(NETWORK)
    sql.execute(ROUTE, [destination])


@pytest.mark.parametrize("destination", ["", "everywhere", "10.0.0.0", "10.0.0/8"])
def test_what_is_no_destination(sql: psycopg.Connection, destination: str) -> None:
    sql.execute(NETWORK)
    with pytest.raises(CheckViolation):
        sql.execute(
            "insert into route (route_table_id, region, destination) values (1, 'eu-west-1', %s)", [destination]
        )


RULE = (
    "insert into security_group_rule"
    " (security_group_id, is_egress, ip_protocol, from_port, to_port, cidr_ipv4, cidr_ipv6, prefix_list_id,"
    " source_security_group, referenced_group_id) values (1, true, 'tcp', {})"
)
GROUPS = """
    insert into security_group (id, group_name, description) overriding system value values (1, 'a', 'd'), (2, 'b', 'd')
"""


@pytest.mark.parametrize(
    "rule",
    [
        "22, 22, '10.0.0.0/8', null, null, null, null",
        "22, 22, null, '::/0', null, null, null",
        "22, 22, null, null, 'pl-1', null, null",
        "22, 22, null, null, null, 2, null",
        "-1, -1, null, null, null, 2, null",
        "null, null, null, null, null, 2, null",
        "22, 22, null, null, null, null, 'sg-of-another-account'",
        "22, 22, null, null, null, 2, 'sg-2'",
    ],
)
def test_rules(sql: psycopg.Connection, rule: str) -> None:
    sql.execute(GROUPS)
    sql.execute(RULE.format(rule).encode())


@pytest.mark.parametrize(
    "rule",
    [
        "22, 22, null, null, null, null, null",
        "null, null, '10.0.0.0/8', null, null, null, null",
        "22, 22, '10.0.0.0/8', '::/0', null, null, null",
        "22, 22, '10.0.0.0/8', null, null, 2, null",
    ],
)
def test_what_is_no_rule(sql: psycopg.Connection, rule: str) -> None:
    sql.execute(GROUPS)
    with pytest.raises(CheckViolation):
        sql.execute(RULE.format(rule).encode())


def test_help_knows_the_functions_of_modules(sql: psycopg.Connection) -> None:
    told = sql.execute(
        "select module, name from iasql_help() where module like 'aws\\_%' and module <> 'aws_sdk'"
    ).fetchall()
    in_sql = {
        ("aws_account", "default_aws_region"),
        ("aws_codebuild", "generate_put_ecr_image_build_spec"),
        ("aws_codedeploy", "generate_codedeploy_agent_install_script"),
        ("aws_ecs_simplified", "get_cpu_mem_enum_from_parts"),
        ("aws_ecs_simplified", "get_mem_from_cpu_mem_enum"),
        ("aws_s3", "get_bucket_website_endpoint"),
    }
    by_the_engine = {(m.name, f.name) for m in discover().values() for f in m.functions}
    assert set(told) == in_sql | {each for each in by_the_engine if each[0].startswith("aws_") and each[0] != "aws_sdk"}


def test_rows_that_have_no_id_yet_do_not_collide(sql: psycopg.Connection) -> None:
    for table in ("elastic_ip", "internet_gateway", "dhcp_options"):
        sql.execute(f"insert into {table} default values".encode())
        sql.execute(f"insert into {table} default values".encode())
    sql.execute("insert into queue (name) values ('a'), ('b')")


def test_nothing_outlives_a_module(database: Database) -> None:
    engine = database.connect("iasql_engine")
    engine.execute("set search_path to public")
    before = set(engine.execute(FUNCTIONS).fetchall())
    for _ in range(2):
        for module in MODULES.values():
            install(engine, module)
        for module in reversed(MODULES.values()):
            uninstall(engine, module)
        assert set(engine.execute(FUNCTIONS).fetchall()) == before
