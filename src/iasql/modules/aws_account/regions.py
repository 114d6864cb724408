"""The regions an account may use: AWS's rows, of which the user picks a default and those to leave out."""

from __future__ import annotations

from iasql.resource import Call, Resource, key, local, row


@row
class AwsRegions:
    """A region that the account may use; a user picks the default one and those that are read."""

    region: str = key(member="RegionName")
    is_default: bool = local(default=False, comment="Whether rows that name no region belong to it.")
    is_enabled: bool = local(default=True, comment="Whether its resources are read.")


AWS_REGIONS = Resource(
    AwsRegions,
    service="ec2",
    shape="Region",
    list=Call("DescribeRegions", "Regions"),
)
