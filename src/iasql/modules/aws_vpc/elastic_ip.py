"""A public address of the account's own."""

from __future__ import annotations

from iasql.resource import Call, Region, Resource, Tags, cloud_id, column, computed, ec2_tags, region, row


@row
class ElasticIp:
    """A public IPv4 address that stays the account's until it is released."""

    allocation_id: str | None = cloud_id()
    public_ip: str | None = computed()
    tags: Tags | None = column()
    region: Region = region()


ELASTIC_IP = Resource(
    ElasticIp,
    service="ec2",
    shape="Address",
    unique_if_set=(("public_ip",),),
    list=Call("DescribeAddresses", "Addresses[?AllocationId]", by={"allocation_id": "Filters:allocation-id"}),
    create=Call("AllocateAddress", Domain="vpc"),
    delete=Call("ReleaseAddress"),
    aspects=(ec2_tags("elastic-ip", "allocation_id"),),
)
