"""Which security groups guard which load balancer: one row each, where AWS takes and tells the whole set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from iasql.resource import Call, Region, Resource, ref, region, row, takes


@row
class LoadBalancerSecurityGroups:
    """A security group that a load balancer is a member of."""

    load_balancer_id: int = ref(
        "load_balancer", member="LoadBalancerArn", key=True, with_region=False,
        on_delete="cascade", on_update="cascade",
    )  # fmt: skip
    security_group_id: int = ref(
        "security_group", member="GroupId", key=True, with_region=False, on_delete="cascade", on_update="cascade"
    )
    region: Region = region()


def members(balancer: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The items of a load balancer's security groups."""
    for group in balancer.get("SecurityGroups", ()):
        yield {"LoadBalancerArn": balancer["LoadBalancerArn"], "GroupId": group}


def held(elb: Any, arn: str) -> list[str]:
    """The security groups of a load balancer, as AWS has them now."""
    found: list[str] = elb.describe_load_balancers(LoadBalancerArns=[arn])["LoadBalancers"][0].get("SecurityGroups", [])
    return found


@takes("load_balancer_id", "security_group_id")
def join(elb: Any, member: Mapping[str, Any]) -> None:
    """Adds a security group to those that the load balancer has."""
    arn, group = member["load_balancer_id"], member["security_group_id"]
    elb.set_security_groups(LoadBalancerArn=arn, SecurityGroups=sorted({*held(elb, arn), group}))


@takes("load_balancer_id", "security_group_id")
def leave(elb: Any, member: Mapping[str, Any]) -> None:
    """Takes a security group away from those that the load balancer has."""
    arn, group = member["load_balancer_id"], member["security_group_id"]
    groups = held(elb, arn)
    if group in groups:
        elb.set_security_groups(LoadBalancerArn=arn, SecurityGroups=[one for one in groups if one != group])


LOAD_BALANCER_SECURITY_GROUPS = Resource(
    LoadBalancerSecurityGroups,
    service="elbv2",
    shape="LoadBalancer",
    cloud_id=("load_balancer_id", "security_group_id"),
    list=Call("DescribeLoadBalancers", "LoadBalancers", by={"load_balancer_id": "LoadBalancerArns"}),
    unfold=members,
    create=join,
    repeatable=True,
    delete=leave,
    absent="LoadBalancerNotFound",
    at_once=20,
    made_with="load_balancer_id",
    one_by_one="load_balancer_id",
)
