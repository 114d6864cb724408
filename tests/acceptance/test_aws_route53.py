"""Zones and records as a user types them: made in one commit, changed in place, and taken down with their zone."""

from __future__ import annotations

import pytest

from tests.acceptance.conftest import Sql, Stack, look_at_one_region

MADE = """
    insert into hosted_zone (domain_name, comment) values ('Story.Example', 'c');
    insert into load_balancer (load_balancer_name, scheme, load_balancer_type, ip_address_type, availability_zones)
    values ('web', 'internet-facing', 'application', 'ipv4', '{us-east-1a,us-east-1b}');
    insert into alias_target (load_balancer_id) select id from load_balancer;
    insert into resource_record_set (name, record_type, record, ttl, parent_hosted_zone_id)
    select 'www.story.example', 'A', '10.0.0.1', 60, id from hosted_zone;
    insert into resource_record_set (name, record_type, parent_hosted_zone_id, alias_target_id)
    select 'story.example', 'A', z.id, t.id from hosted_zone z, alias_target t;
"""


@pytest.fixture
def zone(sql: Sql) -> Sql:
    """A database that looks at one region, with a zone of one commit."""
    look_at_one_region(sql, "aws_route53")
    sql("select * from iasql_begin()")
    for statement in MADE.split(";"):
        if statement.strip():
            sql(statement)
    sql("select * from iasql_commit()")
    return sql


def test_records_come_and_go(zone: Sql, stack: Stack) -> None:
    route53 = stack.client("route53")
    made = zone.one("select hosted_zone_id, domain_name from hosted_zone")
    assert made["domain_name"] == "story.example."

    def records() -> dict[tuple[str, str], object]:
        found = route53.list_resource_record_sets(HostedZoneId=made["hosted_zone_id"])["ResourceRecordSets"]
        return {(each["Name"], each["Type"]): each.get("TTL") or each["AliasTarget"]["DNSName"] for each in found}

    dns = zone.one("select dns_name from load_balancer")["dns_name"]
    assert records()["www.story.example.", "A"] == 60
    assert records()["story.example.", "A"] == dns
    assert zone.one("select dns_name, evaluate_target_health from alias_target") == {
        "dns_name": dns,
        "evaluate_target_health": True,
    }
    zone("select * from iasql_sync()")
    own = zone("select record_type from resource_record_set where is_apex and record_type in ('NS', 'SOA') order by 1")
    assert [row["record_type"] for row in own] == ["NS", "SOA"]

    zone("select * from iasql_begin()")
    zone("update resource_record_set set ttl = 90, record = '10.0.0.2' where record_type = 'A' and ttl = 60")
    zone("update alias_target set evaluate_target_health = false")
    zone("select * from iasql_commit()")
    assert records()["www.story.example.", "A"] == 90
    (alias,) = route53.list_resource_record_sets(
        HostedZoneId=made["hosted_zone_id"], StartRecordName="story.example.", StartRecordType="A", MaxItems="1"
    )["ResourceRecordSets"]
    assert alias["AliasTarget"]["EvaluateTargetHealth"] is False

    zone("select * from iasql_begin()")
    for table in ("resource_record_set", "alias_target", "hosted_zone", "load_balancer"):
        zone(f"delete from {table}")
    zone("select * from iasql_commit()")
    assert route53.list_hosted_zones()["HostedZones"] == []
    assert zone("select * from iasql_conflict") == []
