"""The tags of what ECS keeps: told with it where they are asked for, set by ARN."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iasql.resource import Call, Tagging


def ecs_tags(arn: str) -> Tagging:
    """The tags of a resource whose column `arn` holds its ARN."""
    return Tagging(
        "tags",
        put=Call("TagResource", resourceArn=f"${arn}", tags="$set"),
        remove=Call("UntagResource", resourceArn=f"${arn}", tagKeys="$unset"),
    )


def sent_tags(row: Mapping[str, Any]) -> dict[str, Any]:
    """The argument for a hand-written create."""
    tags = [{"key": tag["Key"], "value": tag["Value"]} for tag in row.get("tags") or ()]
    return {"tags": tags} if tags else {}
