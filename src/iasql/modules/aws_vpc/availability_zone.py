"""The availability zones of a region: AWS's rows."""

from __future__ import annotations

from iasql.resource import Call, Region, Resource, key, region, row


@row
class AvailabilityZone:
    """A separate place within a region, where subnets are made."""

    name: str = key(member="ZoneName")
    region: Region = region()


AVAILABILITY_ZONE = Resource(
    AvailabilityZone,
    service="ec2",
    shape="AvailabilityZone",
    list=Call("DescribeAvailabilityZones", "AvailabilityZones", by={"name": "Filters:zone-name"}),
)
