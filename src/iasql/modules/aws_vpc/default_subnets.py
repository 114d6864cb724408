"""The subnets of a region's default VPC: where what names no place is put."""

from __future__ import annotations

from typing import Any


def default_subnets(ec2: Any) -> dict[str, str]:
    """The ids of the default VPC's subnets, each with its availability zone; none where there is no default VPC."""
    vpcs = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"]
    named = [{"Name": "vpc-id", "Values": [vpc["VpcId"] for vpc in vpcs] or ["none"]}]
    pages = ec2.get_paginator("describe_subnets").paginate(Filters=named)
    return {subnet["SubnetId"]: subnet["AvailabilityZone"] for page in pages for subnet in page["Subnets"]}
