"""Which volume is which device of which instance: made with a new instance, or attached to one that is there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from iasql.modules.aws_ec2.existing import EXISTING
from iasql.resource import Aspect, Call, Region, Resource, Until, column, computed, ref, region, row


@row
class InstanceBlockDeviceMapping:
    """A device of an instance, and the volume behind it."""

    device_name: str = column(pattern=r"(/dev/)?(sd|hd|xvd)[a-z0-9]{1,4}", allowed="a device such as /dev/sdf or xvdf")
    instance_id: int = ref("instance", on_delete="cascade")
    volume_id: int | None = ref(
        "general_purpose_volume", role="replace", comment="Null with a new instance: what its machine image has there."
    )
    delete_on_termination: bool = column(default=True)
    is_root_device: bool | None = computed(comment="Whether the instance starts from it.")
    region: Region = region(follows="instance_id")


def devices(instance: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The items of an instance's devices that volumes are behind."""
    for device in instance.get("BlockDeviceMappings", ()):
        if "Ebs" in device:
            name = device["DeviceName"]
            root = name == instance.get("RootDeviceName")
            yield {**device["Ebs"], "DeviceName": name, "InstanceId": instance["InstanceId"], "IsRootDevice": root}


WHICH: dict[str, Any] = {"Device": "$device_name", "VolumeId": "$volume_id"}
VOLUME = Call("DescribeVolumes", VolumeIds=["$volume_id"])

INSTANCE_BLOCK_DEVICE_MAPPING = Resource(
    InstanceBlockDeviceMapping,
    service="ec2",
    shape="EbsInstanceBlockDevice",
    cloud_id=("instance_id", "device_name"),
    unique=(("instance_id", "device_name"),),
    unique_if_set=(("volume_id",),),
    list=Call("DescribeInstances", EXISTING, by={"instance_id": "Filters:instance-id"}),
    unfold=devices,
    made_with="instance_id",
    brings="volume_id",
    create=Call("AttachVolume", "{InstanceId: InstanceId, VolumeId: VolumeId}", **WHICH),
    delete=Call("DetachVolume", **WHICH),
    wait=Until(VOLUME, "Volumes[0].Attachments[0].State == 'attached'"),
    gone=Until(VOLUME, "Volumes[0].State == 'available'", absent="InvalidVolume.NotFound"),
    absent=("InvalidInstanceID.NotFound", "InvalidVolume.NotFound", "InvalidAttachment.NotFound",
            "IncorrectState: available"),
    not_yet=("VolumeInUse", "IncorrectState"),
    replace_order="delete_first",  # another volume may be at the same device
    aspects=(
        Aspect("delete_on_termination", put=Call("ModifyInstanceAttribute", BlockDeviceMappings=[
            {"DeviceName": "$device_name", "Ebs": {"DeleteOnTermination": "$delete_on_termination"}}])),
    ),
)  # fmt: skip
