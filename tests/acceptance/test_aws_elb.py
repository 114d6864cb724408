"""Load balancers as a user types them: with their listener and groups in one commit, changed, and taken down."""

from __future__ import annotations

import pytest

from tests.acceptance.conftest import Sql, Stack

pytestmark = pytest.mark.modules("aws_elb")

WEB = """
    insert into security_group (group_name, description) values ('web', 'web servers'), ('more', 'more');
    insert into load_balancer (load_balancer_name, scheme, load_balancer_type, ip_address_type, availability_zones)
    values ('web', 'internet-facing', 'application', 'ipv4', '{us-east-1a,us-east-1b}');
    insert into load_balancer_security_groups (load_balancer_id, security_group_id)
    select b.id, g.id from load_balancer b, security_group g where g.group_name in ('web', 'more');
    insert into target_group (target_group_name, target_type, protocol, port, health_check_path)
    values ('web', 'ip', 'HTTP', 80, '/health');
    insert into listener (load_balancer_id, port, protocol, target_group_id)
    select b.id, 80, 'HTTP', t.id from load_balancer b, target_group t;
"""


@pytest.fixture
def web(sql: Sql) -> Sql:
    """A database that looks at one region, with a load balancer of one commit."""
    sql("select * from iasql_begin()")
    for statement in WEB.split(";"):
        if statement.strip():
            sql(statement)
    sql("select * from iasql_commit()")
    return sql


def test_a_load_balancer_comes_changes_and_goes(web: Sql, stack: Stack) -> None:
    elb = stack.client("elbv2")
    (made,) = elb.describe_load_balancers()["LoadBalancers"]
    assert {zone["ZoneName"] for zone in made["AvailabilityZones"]} == {"us-east-1a", "us-east-1b"}
    groups = {g["GroupName"] for g in stack.client("ec2").describe_security_groups(GroupIds=made["SecurityGroups"])[
        "SecurityGroups"]}  # fmt: skip
    assert groups == {"web", "more"}
    (port,) = elb.describe_listeners(LoadBalancerArn=made["LoadBalancerArn"])["Listeners"]
    assert port["DefaultActions"][0]["Type"] == "forward"
    row = web.one("select dns_name, state, vpc = (select id from vpc where is_default) as here from load_balancer")
    assert row == {"dns_name": made["DNSName"], "state": "active", "here": True}

    elb.create_target_group(Name="theirs", TargetType="lambda")
    web("select * from iasql_sync()")
    assert web("select target_type, vpc from target_group where target_group_name = 'theirs'") == [
        {"target_type": "lambda", "vpc": None}
    ]

    web("select * from iasql_begin()")
    web("update target_group set health_check_path = '/up', tags = '{\"a\": \"1\"}' where target_group_name = 'web'")
    web("update listener set port = 8080")
    web("delete from load_balancer_security_groups where security_group_id = "
        "(select id from security_group where group_name = 'more')")  # fmt: skip
    web("select * from iasql_commit()")
    (port,) = elb.describe_listeners(LoadBalancerArn=made["LoadBalancerArn"])["Listeners"]
    assert port["Port"] == 8080
    assert len(elb.describe_load_balancers()["LoadBalancers"][0]["SecurityGroups"]) == 1

    web("select * from iasql_begin()")
    for table in ("listener", "load_balancer", "target_group", "security_group where group_name in ('web', 'more')"):
        web(f"delete from {table}")
    web("select * from iasql_commit()")
    assert elb.describe_load_balancers()["LoadBalancers"] == elb.describe_target_groups()["TargetGroups"] == []
    assert web("select * from load_balancer_security_groups") == web("select * from iasql_conflict") == []


def test_a_zone_that_is_not_there_is_refused(web: Sql) -> None:
    with pytest.raises(Exception, match="no availability zone eu-west-1a in us-east-1"):
        web("insert into load_balancer (load_balancer_name, scheme, load_balancer_type, ip_address_type,"
            " availability_zones) values ('far', 'internal', 'application', 'ipv4', '{eu-west-1a}')")  # fmt: skip
