"""What a VPC's DHCP server tells its machines: fixed once made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iasql.resource import Call, Json, Region, Resource, Tags, cloud_id, column, ec2_tags, region, row


def configurations(options: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    """The options in the form in which they are created, `{"Key": name, "Values": [text]}`; answers nest each value."""
    told = options.get("DhcpConfigurations")
    return told and [{"Key": one["Key"], "Values": [value["Value"] for value in one["Values"]]} for one in told]


@row
class DhcpOptions:
    """A set of options for the DHCP server of VPCs: domain names, name servers, time servers."""

    dhcp_options_id: str | None = cloud_id()
    dhcp_configurations: Json | None = column(path=configurations)
    tags: Tags | None = column()
    region: Region = region()


DHCP_OPTIONS = Resource(
    DhcpOptions,
    service="ec2",
    shape="DhcpOptions",
    unique_if_set=(("dhcp_options_id", "region"),),
    list=Call("DescribeDhcpOptions", "DhcpOptions", by={"dhcp_options_id": "Filters:dhcp-options-id"}),
    create=Call("CreateDhcpOptions", "DhcpOptions"),
    delete=Call("DeleteDhcpOptions"),
    aspects=(ec2_tags("dhcp-options", "dhcp_options_id"),),
)
