"""Hosted zones and their records against a stand-in of AWS."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from iasql.cloud import writer
from iasql.cloud.verdict import kind_of
from iasql.modules.aws_route53.hosted_zone import create
from iasql.resource import Image
from tests.declarations.stand_in import RESOURCES, Cloud, agrees
from tests.declarations.test_round_trip_elb import balancer, place


def zone(cloud: Cloud, name: str = "a.example.", **values: Any) -> Image:
    return cloud.create("hosted_zone", domain_name=name, **values)


def record(cloud: Cloud, zone: Image, name: str = "www.a.example.", **values: Any) -> Image:
    plain = {"record_type": "A", "set_id": "", "record": "1.2.3.4", "ttl": 60}
    return cloud.create(
        "resource_record_set", name=name, parent_hosted_zone_id=zone["hosted_zone_id"], **plain | values
    )


def test_hosted_zone(cloud: Cloud) -> None:
    row = zone(cloud, comment="c", tags={"a": "1"})
    assert agrees(row, domain_name="a.example.", comment="c", is_private=False, tags={"a": "1"})
    row = cloud.update("hosted_zone", row, comment="d", tags={"b": "2"})
    assert agrees(row, comment="d", tags={"b": "2"})
    assert zone(cloud, "b.example.")["hosted_zone_id"] != row["hosted_zone_id"]
    cloud.delete("hosted_zone", row)


def test_a_zone_that_is_asked_for_twice_is_made_once() -> None:
    # the stand-in takes one reference twice
    route53 = boto3.client("route53", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
    made = {"Id": "/hostedzone/Z1", "Name": "a.example.", "CallerReference": "t"}
    with Stubber(route53) as stubber:
        stubber.add_client_error(
            "create_hosted_zone",
            "HostedZoneAlreadyExists",
            expected_params={"Name": "a.example.", "CallerReference": "t"},
        )
        told = {
            "HostedZones": [made | {"CallerReference": "u"}, made],
            "Marker": "",
            "IsTruncated": False,
            "MaxItems": "9",
        }
        stubber.add_response("list_hosted_zones", told, {})
        assert create(route53, {"domain_name": "a.example.", "token": "t"}) == made


def test_resource_record_set(cloud: Cloud) -> None:
    there = zone(cloud)
    row = record(cloud, there, record="1.2.3.4\n1.2.3.5")
    assert agrees(row, record="1.2.3.4\n1.2.3.5", ttl=60, is_apex=False, alias_target_id=None)
    row = cloud.update("resource_record_set", row, record="1.2.3.6", ttl=90)
    assert agrees(row, record="1.2.3.6", ttl=90)
    cloud.delete("resource_record_set", row)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("[Tried to create resource record set [name='a.', type='A'] but it already exists]", "exists"),
        ("[Tried to delete resource record set [name='a.', type='A'] but it was not found]", "gone"),
        ("[RRSet with DNS name b. is not permitted in zone a.]", "refused"),
    ],
)
def test_what_a_refused_change_means(text: str, kind: str) -> None:
    # in Route 53's own words; the stand-in takes a second record of one name
    assert kind_of("InvalidChangeBatch", 400, RESOURCES["resource_record_set"], text) == kind


def test_several_records_with_one_name(cloud: Cloud) -> None:
    there = zone(cloud)
    heavy = record(cloud, there, set_id="heavy", routing={"Weight": 9})
    light = record(cloud, there, "*.a.example.", set_id="light", routing={"Weight": 1})
    assert (heavy["routing"], light["routing"]) == ({"Weight": 9}, {"Weight": 1})
    assert agrees(cloud.update("resource_record_set", heavy, routing={"Weight": 8}), routing={"Weight": 8})


def test_a_zones_own_records_stay(cloud: Cloud) -> None:
    there = zone(cloud)
    record(cloud, there, "in.a.example.", record_type="NS", record="ns.b.example.")
    own = {(row["name"], row["record_type"]): row["is_apex"] for row in cloud.all("resource_record_set")}
    assert own == {("a.example.", "NS"): True, ("a.example.", "SOA"): True, ("in.a.example.", "NS"): False}


def test_alias_target(cloud: Cloud) -> None:
    _, subnets, _ = place(cloud)
    dns = balancer(cloud, subnets)["dns_name"]
    there = zone(cloud)

    def alias(**values: Any) -> Image:
        given = {"evaluate_target_health": True} | values
        return writer.create(cloud.session, RESOURCES["alias_target"], None, given, token="t")

    assert cloud.all("alias_target") == []
    made = alias(load_balancer_id=dns)
    row = record(cloud, there, record=None, ttl=None, alias_target_id=made["alias"])
    assert agrees(row, record=None, ttl=None, alias_target_id=made["alias"])
    (shown,) = cloud.all("alias_target")
    assert agrees(shown, load_balancer_id=dns, evaluate_target_health=True, alias=made["alias"])
    site = alias(dns_name="d1.cloudfront.net", target_hosted_zone_id="Z2FDTNDATAQYW2", evaluate_target_health=False)
    row = cloud.update("resource_record_set", row, alias_target_id=site["alias"])
    (shown,) = cloud.all("alias_target")
    assert agrees(shown, dns_name="d1.cloudfront.net", evaluate_target_health=False)
    cloud.delete("resource_record_set", row)
    assert cloud.all("alias_target") == []
