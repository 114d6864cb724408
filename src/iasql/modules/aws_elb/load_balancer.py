"""A load balancer: its place is told by its subnets; what it may be asked for is a list of attributes."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from iasql.modules.aws_elb.elb_tags import elb_tags
from iasql.modules.aws_elb.target_group import NAME, SAID
from iasql.resource import (
    Aspect,
    Call,
    JsonSet,
    Region,
    Resource,
    StringSet,
    Tags,
    cloud_id,
    column,
    computed,
    ref,
    refs,
    region,
    row,
    takes,
)


@row
class LoadBalancer:
    """The one address by which requests reach many targets."""

    load_balancer_name: str = column(
        pattern="(?!internal-)" + NAME,
        allowed=f"{SAID}, which do not begin with internal-",
        why="CloudFormation sets it by Name",
    )
    load_balancer_arn: str | None = cloud_id()
    dns_name: str | None = column(
        path=lambda balancer: balancer["DNSName"].lower(), comment="In small letters, as DNS records tell it."
    )
    canonical_hosted_zone_id: str | None = column()
    created_time: datetime | None = column()
    scheme: Literal["internal", "internet-facing"] = column()
    state: Literal["active", "active_impaired", "failed", "provisioning"] | None = column(path="State.Code")
    load_balancer_type: Literal["application", "gateway", "network"] = column(member="Type")
    subnets: StringSet | None = refs(
        "subnet",
        column="subnet_id",
        path="AvailabilityZones[].SubnetId",
        comment="Null in a new row: those of the VPC in its availability zones.",
    )
    availability_zones: StringSet | None = computed(
        path="AvailabilityZones[].ZoneName", comment="Where its subnets are; in a new row without subnets: where to be."
    )
    ip_address_type: Literal["dualstack", "ipv4"] = column()
    customer_owned_ipv4_pool: str | None = column()
    attributes: JsonSet | None = column(comment="What it may be asked for: an array of objects with Key and Value.")
    tags: Tags | None = column()
    region: Region = region()
    vpc: int | None = ref(
        "vpc", member="VpcId", role="computed", why="follows from the subnets",
        comment="The VPC of its subnets; in a new row without subnets: where to be, null for the default VPC.",
    )  # fmt: skip


@takes(
    "load_balancer_name",
    "scheme",
    "load_balancer_type",
    "subnets",
    "ip_address_type",
    "customer_owned_ipv4_pool",
    "tags",
)
def create(elb: Any, balancer: Mapping[str, Any]) -> Any:
    """Makes the load balancer, a member of its security groups: a network one can join none later."""
    told = {
        "Scheme": balancer["scheme"],
        "Type": balancer["load_balancer_type"],
        "IpAddressType": balancer["ip_address_type"],
        "Subnets": balancer.get("subnets"),
        "SecurityGroups": [row["security_group_id"] for row in balancer.get("$load_balancer_security_groups", ())],
        "CustomerOwnedIpv4Pool": balancer.get("customer_owned_ipv4_pool"),
        "Tags": balancer.get("tags"),
    }
    sent = {member: value for member, value in told.items() if value}
    return elb.create_load_balancer(Name=balancer["load_balancer_name"], **sent)["LoadBalancers"][0]


@takes("load_balancer_arn")
def delete(elb: Any, balancer: Mapping[str, Any]) -> None:
    """Deletes it, and waits until its network interfaces have let go of its subnets and security groups."""
    arn = balancer["load_balancer_arn"]
    elb.delete_load_balancer(LoadBalancerArn=arn)
    elb.get_waiter("load_balancers_deleted").wait(LoadBalancerArns=[arn], WaiterConfig={"Delay": 5})
    named = [{"Name": "description", "Values": [f"ELB {arn.partition(':loadbalancer/')[2]}"]}]
    ec2 = elb.elsewhere(balancer["region"], "ec2")
    for _ in range(120):
        if not ec2.describe_network_interfaces(Filters=named)["NetworkInterfaces"]:
            return
        time.sleep(5)


LOAD_BALANCER = Resource(
    LoadBalancer,
    service="elbv2",
    shape="LoadBalancer",
    unique=(("load_balancer_name", "region"),),
    unique_if_set=(("load_balancer_arn",),),
    list=Call(
        "DescribeLoadBalancers",
        "LoadBalancers",
        by={"load_balancer_arn": "LoadBalancerArns", "load_balancer_name": "Names"},
    ),
    create=create,
    delete=delete,
    wait="LoadBalancerAvailable",
    absent="LoadBalancerNotFound",
    exists="DuplicateLoadBalancerName",
    at_once=20,
    # Its name is taken until it is gone.
    replace_order="delete_first",
    aspects=(
        Aspect("subnets", put=Call("SetSubnets", IpAddressType=None)),
        Aspect("ip_address_type", put=Call("SetIpAddressType")),
        Aspect("attributes", Call("DescribeLoadBalancerAttributes", "Attributes"),
               put=Call("ModifyLoadBalancerAttributes")),
        elb_tags("load_balancer_arn"),
    ),
)  # fmt: skip
