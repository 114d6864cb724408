"""The tags of an Auto Scaling group, each told with whose it is and whether instances get it too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iasql.resource import takes


@takes("auto_scaling_group_name", "tags")
def put_tags(autoscaling: Any, group: Mapping[str, Any]) -> None:
    """Sets the tags that are new or changed, and removes those that are gone."""
    before = {tag["Key"]: tag["Value"] for tag in group["$before"].get("tags") or ()}
    after = {tag["Key"]: tag["Value"] for tag in group.get("tags") or ()}
    whose = {"ResourceId": group["auto_scaling_group_name"], "ResourceType": "auto-scaling-group"}
    put = [whose | {"Key": key, "Value": value, "PropagateAtLaunch": True} for key, value in sorted(after.items())
           if before.get(key) != value]  # fmt: skip
    gone = [whose | {"Key": key} for key in sorted(before.keys() - after.keys())]
    if put:
        autoscaling.create_or_update_tags(Tags=put)
    if gone:
        autoscaling.delete_tags(Tags=gone)
