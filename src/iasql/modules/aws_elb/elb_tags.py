"""The tags of what Elastic Load Balancing keeps: told and set by ARN, whatever the resource is."""

from __future__ import annotations

from iasql.resource import Call, Tagging


def elb_tags(arn: str) -> Tagging:
    """The tags of a resource whose column `arn` holds its ARN; its create call takes them too."""
    which = [f"${arn}"]
    return Tagging(
        "tags",
        get=Call("DescribeTags", "TagDescriptions[0].Tags", ResourceArns=which),
        put=Call("AddTags", ResourceArns=which, Tags="$set"),
        remove=Call("RemoveTags", ResourceArns=which, TagKeys="$unset"),
    )
