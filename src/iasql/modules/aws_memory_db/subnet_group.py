"""The subnets in which clusters of MemoryDB have their nodes."""

from __future__ import annotations

from iasql.modules.aws_memory_db.place import create, move
from iasql.resource import (
    Aspect,
    Call,
    Image,
    Region,
    Resource,
    StringSet,
    Tagging,
    Tags,
    cloud_id,
    column,
    computed,
    refs,
    region,
    row,
)

TAGGING = Tagging(
    "tags",
    get=Call("ListTags", "TagList"),
    put=Call("TagResource", Tags="$set"),
    remove=Call("UntagResource", TagKeys="$unset"),
)


@row
class SubnetGroup:
    """Subnets of one VPC in which clusters of MemoryDB have their nodes."""

    subnet_group_name: str = cloud_id(
        path="Name", pattern=r"[a-z0-9][a-z0-9-]{0,254}", allowed="up to 255 lower-case letters, digits and hyphens"
    )
    description: str | None = column(cleared="")
    arn: str | None = computed(member="ARN")
    subnets: StringSet | None = refs(
        "subnet", column="subnet_id", member="SubnetIds", path="Subnets[].Identifier",
        comment="Null: those of the default VPC, where MemoryDB is in their zones.",
    )  # fmt: skip
    tags: Tags | None = column()
    region: Region = region()


def stays(group: Image) -> str | None:
    """MemoryDB puts clusters that name no group into one of its own."""
    return "AWS owns the default subnet group" if group.get("subnet_group_name") == "default" else None


SUBNET_GROUP = Resource(
    SubnetGroup,
    service="memorydb",
    shape="SubnetGroup",
    says={"ResourceArn": "$arn"},
    unique=(("subnet_group_name", "region"),),
    list=Call("DescribeSubnetGroups", "SubnetGroups", by={"subnet_group_name": "SubnetGroupName"}),
    create=create,
    delete=Call("DeleteSubnetGroup"),
    not_yet=("SubnetGroupInUseFault",),
    stays=stays,
    replace_order="delete_first",
    aspects=(
        Aspect("description", put=Call("UpdateSubnetGroup", SubnetIds=None)),
        Aspect("subnets", put=move, clear=move),
        TAGGING,
    ),
)
