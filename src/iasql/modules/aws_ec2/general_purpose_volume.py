"""A general purpose volume: it grows and changes its type in place, and never shrinks."""

from __future__ import annotations

from typing import Any, Literal

from iasql.resource import (
    Aspect,
    Call,
    Region,
    Resource,
    Tags,
    Until,
    cloud_id,
    column,
    ec2_tags,
    given,
    local,
    ref,
    region,
    row,
)


@row
class GeneralPurposeVolume:
    """A disk (gp2 or gp3) that an instance in its availability zone may have."""

    volume_id: str | None = cloud_id()
    volume_type: Literal["gp2", "gp3"] = column()
    size: int = column(default=8, comment="In GiB.")
    state: Literal["available", "creating", "deleted", "deleting", "error", "in-use"] | None = column()
    is_root_device: bool | None = local(default=False, comment="Whether an instance starts from it.")
    iops: int | None = column(comment="Null: what AWS gives; only gp3 takes a number.")
    throughput: int | None = column(comment="In MiB a second. Null: what AWS gives; only gp3 takes a number.")
    snapshot_id: str | None = column(why="a volume is made from it, and no call takes another")
    tags: Tags | None = column()
    region: Region = region()
    availability_zone: str = ref("availability_zone", column="name", why="no call moves a volume")


GP3: dict[str, Any] = {part: given("volume_type", f"${part.lower()}", when="gp3") for part in ("Iops", "Throughput")}

GENERAL_PURPOSE_VOLUME = Resource(
    GeneralPurposeVolume,
    service="ec2",
    shape="Volume",
    unique_if_set=(("volume_id", "region"),),
    checks={
        "Check_gp_volume_iops": """
            iops is null or (volume_type = 'gp3' and iops between 3000 and 80000)
            or (volume_type = 'gp2' and iops > 0)""",
        "Check_gp_volume_throughput": """
            throughput is null or (volume_type = 'gp3' and throughput between 125 and 2000)""",
        "Check_gp_volume_size_min_max": "size > 0 and size <= 65536",
    },
    list=Call("DescribeVolumes", "Volumes[?VolumeType == 'gp2' || VolumeType == 'gp3']",
              by={"volume_id": "Filters:volume-id"}),
    create=Call("CreateVolume", **GP3),
    delete=Call("DeleteVolume"),
    wait="VolumeAvailable",
    gone=Until(Call("DescribeVolumes", VolumeIds=["$volume_id"]), "length(Volumes[?State != 'deleted']) == `0`",
               absent="InvalidVolume.NotFound"),
    not_yet="VolumeInUse",
    holds_data="what is on it",
    aspects=(
        Aspect(("volume_type", "size", "iops", "throughput"), put=Call("ModifyVolume", **GP3),
               wait=Until(Call("DescribeVolumesModifications", VolumeIds=["$volume_id"]),
                          "VolumesModifications[-1].ModificationState != 'modifying'")),
        ec2_tags("volume", "volume_id"),
    ),
)  # fmt: skip
