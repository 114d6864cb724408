"""A device of a new instance, as RunInstances takes it: a new disk, or what the machine image has there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def device(mapping: Mapping[str, Any]) -> dict[str, Any]:
    """What the call is told of a row of instance_block_device_mapping; without a disk, the image's own is meant."""
    disk = mapping.get("$volume_id", {})
    told = {
        "DeleteOnTermination": mapping["delete_on_termination"],
        "VolumeSize": disk.get("size"),
        "VolumeType": disk.get("volume_type"),
        "SnapshotId": disk.get("snapshot_id"),
    }
    if disk.get("volume_type") == "gp3":  # of the others EC2 decides
        told |= {"Iops": disk.get("iops"), "Throughput": disk.get("throughput")}
    ebs = {member: value for member, value in told.items() if value is not None}
    return {"DeviceName": mapping["device_name"], "Ebs": ebs}
