"""The subnets of a group that names none: those of the default VPC, as far as MemoryDB is there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from iasql.modules.aws_vpc.default_subnets import default_subnets
from iasql.resource import takes

ZONE = re.compile(r"\b[a-z]{2}(?:-[a-z]+)+-\d[a-z]\b")


@takes("subnet_group_name", "description", "subnets", "tags")
def create(memorydb: Any, group: Mapping[str, Any]) -> Any:
    """Makes the group, in the default VPC where it names no subnets."""
    said = {"Description": group.get("description"), "Tags": group.get("tags")}
    given = {member: value for member, value in said.items() if value}
    name = {"SubnetGroupName": group["subnet_group_name"]}
    return placed(memorydb, group, lambda subnets: memorydb.create_subnet_group(**name, **given, SubnetIds=subnets))


@takes("subnet_group_name", "subnets")
def move(memorydb: Any, group: Mapping[str, Any]) -> None:
    """Gives the group other subnets."""
    name = group["subnet_group_name"]
    placed(memorydb, group, lambda subnets: memorydb.update_subnet_group(SubnetGroupName=name, SubnetIds=subnets))


def placed(memorydb: Any, group: Mapping[str, Any], call: Any) -> Any:
    """What the call gives for the group's subnets, or for the default ones that MemoryDB allows."""
    if group.get("subnets"):
        return call(group["subnets"]).get("SubnetGroup")
    zones = default_subnets(memorydb.elsewhere(memorydb.meta.region_name, "ec2"))
    try:
        return call(sorted(zones)).get("SubnetGroup")
    except memorydb.exceptions.SubnetNotAllowedFault as error:
        # its text is the only place where AWS says in which zones MemoryDB is
        allowed = set(ZONE.findall(str(error)))
        fitting = sorted(subnet for subnet, zone in zones.items() if zone in allowed)
        if not fitting:
            raise
        return call(fitting).get("SubnetGroup")
