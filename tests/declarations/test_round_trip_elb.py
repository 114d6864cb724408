"""Load balancers, listeners and target groups against a stand-in of AWS."""

from __future__ import annotations

import pytest

from iasql.cloud.verdict import CloudFailure
from iasql.resource import Image
from tests.declarations.stand_in import HERE, RESOURCES, THERE, Cloud, agrees

ZONES = {HERE: ("us-east-1a", "us-east-1b"), THERE: ("eu-west-1a", "eu-west-1b")}


def place(cloud: Cloud, region: str = HERE) -> tuple[str, list[str], str]:
    """A VPC with two subnets and a security group."""
    vpc = str(cloud.create("vpc", region, cidr_block="10.1.0.0/16")["vpc_id"])
    subnets = [
        str(
            cloud.create("subnet", region, vpc_id=vpc, cidr_block=f"10.1.{n}.0/24", availability_zone=zone)["subnet_id"]
        )
        for n, zone in enumerate(ZONES[region])
    ]
    group = cloud.create("security_group", region, group_name="g", description="d", vpc_id=vpc)
    return vpc, subnets, str(group["group_id"])


def balancer(cloud: Cloud, subnets: list[str], region: str = HERE, **values: object) -> Image:
    plain = {"scheme": "internal", "load_balancer_type": "application", "ip_address_type": "ipv4"}
    return cloud.create("load_balancer", region, **{"load_balancer_name": "lb", "subnets": subnets, **plain, **values})


@pytest.mark.parametrize("region", [HERE, THERE])
def test_load_balancer(cloud: Cloud, region: str) -> None:
    vpc, subnets, group = place(cloud, region)
    idle = {"Key": "idle_timeout.timeout_seconds", "Value": "30"}
    row = balancer(cloud, subnets[:1], region, tags={"a": "1"}, attributes=[idle])
    assert agrees(row, load_balancer_name="lb", vpc=vpc, availability_zones=[ZONES[region][0]], tags={"a": "1"})
    assert idle in row["attributes"]
    assert row["dns_name"]
    row = cloud.update("load_balancer", row, region, subnets=subnets, ip_address_type="dualstack", tags={"b": "2"},
                       attributes=[idle | {"Value": "40"}])  # fmt: skip
    assert agrees(row, subnets=sorted(subnets), availability_zones=list(ZONES[region]), ip_address_type="dualstack",
                  tags={"b": "2"})  # fmt: skip
    assert idle | {"Value": "40"} in row["attributes"]
    member = cloud.create("load_balancer_security_groups", region, load_balancer_id=row["load_balancer_arn"],
                          security_group_id=group)  # fmt: skip
    cloud.delete("load_balancer_security_groups", member, region)
    cloud.delete("load_balancer", row, region)


@pytest.mark.parametrize("region", [HERE, THERE])
def test_listener_and_target_group(cloud: Cloud, region: str) -> None:
    vpc, subnets, _ = place(cloud, region)
    arn = balancer(cloud, subnets, region)["load_balancer_arn"]
    one, two = (
        cloud.create("target_group", region, target_group_name=name, target_type="ip", protocol="HTTP", port=80,
                     vpc=vpc, health_check_path="/up", tags={"a": "1"})
        for name in ("one", "two")
    )  # fmt: skip
    assert agrees(one, vpc=vpc, port=80, health_check_path="/up", tags={"a": "1"}, health_check_protocol="HTTP")
    one = cloud.update("target_group", one, region, health_check_interval_seconds=60, tags=None)
    assert agrees(one, health_check_interval_seconds=60, health_check_path="/up", tags=None)
    row = cloud.create("listener", region, load_balancer_id=arn, port=80, protocol="HTTP", action_type="forward",
                       target_group_id=one["target_group_arn"], tags={"a": "1"})  # fmt: skip
    assert agrees(row, port=80, action_type="forward", target_group_id=one["target_group_arn"], tags={"a": "1"},
                  load_balancer_id=arn, region=region)  # fmt: skip
    row = cloud.update("listener", row, region, port=81, target_group_id=two["target_group_arn"], tags=None)
    assert agrees(row, port=81, target_group_id=two["target_group_arn"], tags=None)
    with pytest.raises(CloudFailure) as used:
        cloud.delete("target_group", two, region)
    assert used.value.kind == "not_yet"
    cloud.delete("listener", row, region)
    cloud.delete("target_group", two, region)


def test_a_listener_that_forwards_nothing_has_no_row(cloud: Cloud) -> None:
    _, subnets, _ = place(cloud)
    arn = balancer(cloud, subnets)["load_balancer_arn"]
    redirect = {"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "StatusCode": "HTTP_301"}}
    cloud.client("elbv2").create_listener(LoadBalancerArn=arn, Port=80, Protocol="HTTP", DefaultActions=[redirect])
    assert cloud.all("listener") == []


def test_names_are_taken(cloud: Cloud) -> None:
    group = {"target_group_name": "g", "target_type": "ip", "protocol": "HTTP", "port": 80, "vpc": place(cloud)[0]}
    cloud.create("target_group", **group)
    with pytest.raises(CloudFailure) as taken:
        cloud.create("target_group", **group | {"port": 81})
    assert taken.value.kind == "exists"


@pytest.mark.parametrize("name", ["", "-a", "a-", "a_b", "a--b", "a" * 33])
def test_names_that_aws_would_refuse(name: str) -> None:
    for table, column in (("load_balancer", "load_balancer_name"), ("target_group", "target_group_name")):
        faults = RESOURCES[table].faults({column: name}, [column])
        assert [fault.column for fault in faults] == [column]
    assert RESOURCES["load_balancer"].faults({"load_balancer_name": "internal-a"}, ["load_balancer_name"])
