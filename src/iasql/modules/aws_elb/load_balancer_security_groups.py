"""Which security groups guard which load balancer: one row each, where AWS takes and tells the whole set."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from iasql.resource import Call, Region, Resource, Whole, joins, region, row


@row
class LoadBalancerSecurityGroups:
    """A security group that a load balancer is a member of."""

    load_balancer_id: int = joins("load_balancer", member="LoadBalancerArn")
    security_group_id: int = joins("security_group", member="GroupId")
    region: Region = region(follows="load_balancer_id")


def members(balancer: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The items of a load balancer's security groups."""
    for group in balancer.get("SecurityGroups", ()):
        yield {"LoadBalancerArn": balancer["LoadBalancerArn"], "GroupId": group}


def held(elb: Any, arn: str) -> list[str]:
    """The security groups of a load balancer, as AWS has them now."""
    found: list[str] = elb.describe_load_balancers(LoadBalancerArns=[arn])["LoadBalancers"][0].get("SecurityGroups", [])
    return found


def put(elb: Any, arn: str, groups: list[str]) -> None:
    """Gives a load balancer these security groups and no others."""
    elb.set_security_groups(LoadBalancerArn=arn, SecurityGroups=groups)


GROUPS = Whole(holder="load_balancer_id", member="security_group_id", held=held, put=put)

LOAD_BALANCER_SECURITY_GROUPS = Resource(
    LoadBalancerSecurityGroups,
    service="elbv2",
    shape="LoadBalancer",
    cloud_id=("load_balancer_id", "security_group_id"),
    list=Call("DescribeLoadBalancers", "LoadBalancers", by={"load_balancer_id": "LoadBalancerArns"}),
    unfold=members,
    **GROUPS.writing,
    absent="LoadBalancerNotFound",
    at_once=20,
)
