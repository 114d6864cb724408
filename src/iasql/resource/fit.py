"""An argument in the form that AWS's model asks for: botocore knows the shapes, so no declaration repeats them.

A policy becomes text where a text is asked for and stays an object where a structure is; tags become a map or a list
of structures, whatever the members of these are called; numbers and booleans become text where attributes are text
(SQS); moments become milliseconds where a number is asked for (CloudWatch Logs).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from botocore.model import Shape


def fit(shape: Shape, value: Any) -> Any:
    """The value as the shape asks for it; a value that fits nothing is left for botocore's validator to refuse."""
    turn = FITS.get(shape.type_name)
    return value if turn is None or value is None else turn(shape, value)


def _text(shape: Any, value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        return json.dumps(value, separators=(",", ":"))
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _whole(shape: Any, value: Any) -> Any:
    if isinstance(value, datetime):
        return int(value.timestamp() * 1000)
    return int(value) if isinstance(value, str) and value.lstrip("-").isdigit() else value


def _map(shape: Any, value: Any) -> Any:
    if isinstance(value, list) and all(_is_pair(item) for item in value):
        value = {item["Key"]: item["Value"] for item in value}
    return {name: fit(shape.value, part) for name, part in value.items()} if isinstance(value, Mapping) else value


def _list(shape: Any, value: Any) -> Any:
    if isinstance(value, Mapping) and shape.member.type_name == "structure":
        value = [{"Key": name, "Value": text} for name, text in value.items()]
    return [fit(shape.member, item) for item in value] if isinstance(value, list | tuple) else value


def _structure(shape: Any, value: Any) -> Any:
    if isinstance(value, str) and value.startswith("{"):
        value = json.loads(value)
    if not isinstance(value, Mapping):
        return value
    if _is_pair(value) and "Key" not in shape.members:
        value = {name: value[_role(name)] for name in shape.members if _role(name) in value}
    return {name: fit(shape.members[name], part) if name in shape.members else part for name, part in value.items()}


def _role(member: str) -> str:
    return "Key" if member.lower().endswith("key") else "Value"


def _is_pair(value: Any) -> bool:
    return isinstance(value, Mapping) and set(value) == {"Key", "Value"}


FITS: dict[str, Callable[[Any, Any], Any]] = {
    "string": _text,
    "integer": _whole,
    "long": _whole,
    "map": _map,
    "list": _list,
    "structure": _structure,
}
