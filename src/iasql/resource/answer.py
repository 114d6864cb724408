"""The shape of what an answer holds at a path, as far as AWS's model and the path tell it without an answer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from iasql.resource import service as aws
from iasql.resource.call import Call

if TYPE_CHECKING:
    from botocore.model import Shape

STEP = re.compile(r"[A-Za-z_]\w*|\[[^\[\]{}]*\]")
SIMPLE = re.compile(r"[A-Za-z_]\w*(\[[^\[\]{}]*\])*(\.[A-Za-z_]\w*(\[[^\[\]{}]*\])*)*")


class NoSuchMember(LookupError):
    """A path names a member that the shape has not."""


def told(service: str, call: Call) -> Shape | None:
    """The shape at the call's path; None where the path is too clever to tell. NoSuchMember when it leads nowhere."""
    shape = aws.operation(service, call.operation).output_shape
    return shape if call.path == "@" else at(shape, call.path)


def at(shape: Any, path: str) -> Shape | None:
    """The shape at a jmespath of names, dots and brackets; None for any other. NoSuchMember when it leads nowhere."""
    if shape is None or not SIMPLE.fullmatch(path):
        return None
    for step in STEP.findall(path):
        shape = _step(shape, step)
        if shape is None:
            return None
    found: Shape = shape
    return found


def element(shape: Any) -> Any:
    """What a list is of; any other shape is itself."""
    return shape.member if shape is not None and shape.type_name == "list" else shape


def _step(shape: Any, step: str) -> Any:
    if step.startswith("["):
        return element(shape)
    shape = element(shape)
    if shape.type_name == "map":
        return shape.value
    members = getattr(shape, "members", None)
    if members is None or step not in members:
        raise NoSuchMember(f"{shape.name} has no member {step}")
    return members[step]
