"""What EC2 tells of an instance and of its type: rows that only AWS writes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Literal

from iasql.resource import Cidr, Region, Resource, column, key, ref, region, row

Item = dict[str, Any]
EXISTING = {"Name": "instance-state-name", "Values": ["pending", "running", "stopping", "stopped"]}


@row
class InstanceMetadata:
    """What EC2 says of an instance by itself: its addresses, cores and memory."""

    id: int = ref("instance", path="InstanceId", on_delete="cascade", with_region=False)
    instance_id: str = key()
    architecture: Literal["arm64", "i386", "x86_64", "x86_64_mac"] = column()
    private_ip_address: Cidr = column()
    public_ip_address: Cidr | None = column()
    public_dns_name: str | None = column()
    launch_time: datetime = column()
    cpu_cores: int = column(comment="How many cores it has, each of one thread or two.")
    mem_size_mb: int = column(comment="How much memory its type has, in MiB.")
    ebs_optimized: bool = column()
    root_device_type: Literal["ebs", "instance-store"] = column()
    root_device_name: str | None = column()
    region: Region = region()


def read_all(ec2: Any, values: Mapping[str, Any]) -> Iterator[Item]:
    """Every instance with what its type has; a type is asked for once."""
    return described(ec2, ec2.get_paginator("describe_instances").paginate(Filters=[EXISTING]))


def read_one(ec2: Any, values: Mapping[str, Any]) -> Item | None:
    """One instance with what its type has; None when there is no such instance."""
    which = {"Name": "instance-id", "Values": [values["instance_id"]]}
    return next(described(ec2, [ec2.describe_instances(Filters=[EXISTING, which])]), None)


def described(ec2: Any, pages: Iterable[Mapping[str, Any]]) -> Iterator[Item]:
    """The instances in answers of DescribeInstances that have an address by now."""
    found = [one for page in pages for part in page["Reservations"] for one in part["Instances"]]
    types = sorted({one["InstanceType"] for one in found})
    told = {kind["InstanceType"]: kind for kind in instance_types(ec2, types)}
    return (one | of_type(one, told[one["InstanceType"]]) for one in found if one.get("PrivateIpAddress"))


def instance_types(ec2: Any, types: list[str]) -> Iterator[Item]:
    """What EC2 tells of instance types, a hundred at a time."""
    for start in range(0, len(types), 100):
        yield from ec2.describe_instance_types(InstanceTypes=types[start : start + 100])["InstanceTypes"]


def of_type(instance: Mapping[str, Any], kind: Mapping[str, Any]) -> Item:
    """Cores, of which an instance may be made with fewer than its type has, and memory."""
    default = kind["VCpuInfo"].get("DefaultCores", kind["VCpuInfo"]["DefaultVCpus"])
    cores = instance.get("CpuOptions", {}).get("CoreCount", default)
    return {"CpuCores": cores, "MemSizeMb": kind["MemoryInfo"]["SizeInMiB"]}


INSTANCE_METADATA = Resource(
    InstanceMetadata,
    service="ec2",
    shape="Instance",
    unique_if_set=(("id",),),
    list=read_all,
    get=read_one,
)
