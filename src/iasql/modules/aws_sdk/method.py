"""An operation as a user names it (listBuckets, list_buckets, ListBuckets), and what AWS's model says of it."""

from __future__ import annotations

import difflib
import functools
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from iasql.errors import InvalidArgument
from iasql.resource import service as aws

if TYPE_CHECKING:
    from botocore.model import OperationModel, Shape

ISSUES = re.compile("Credential|Password|Token")
"""Operations so named answer with a secret, also where the model does not mark it."""


def method(service: str, name: str | None) -> OperationModel:
    """The operation of that name; InvalidArgument, with the names that come closest, where there is none."""
    known = _operations(service)
    wanted = _plain(name or "")
    if wanted not in known:
        told = f"{service} has no method {name}" if name else f"name a method of {service}"
        raise InvalidArgument(told + _did_you_mean(service, name or ""), hint=_reference(service))
    return aws.operation(service, known[wanted])


def tells_secrets(operation: OperationModel) -> bool:
    """Whether an answer may hold what AWS itself marks as sensitive."""
    return ISSUES.search(operation.name) is not None or any(_sensitive(operation.output_shape, frozenset()))


def _sensitive(shape: Shape | None, seen: frozenset[str]) -> Iterator[bool]:
    if shape is None or shape.name in seen:
        return
    if shape.metadata.get("sensitive"):
        yield True
    for part in parts(shape):
        yield from _sensitive(part, seen | {shape.name})


def parts(shape: Shape) -> Iterable[Shape]:
    """The shapes that a shape is made of."""
    if shape.type_name == "structure":
        return list(shape.members.values())  # type: ignore[attr-defined]
    if shape.type_name == "list":
        return [shape.member]  # type: ignore[attr-defined]
    return [shape.key, shape.value] if shape.type_name == "map" else []  # type: ignore[attr-defined]


@functools.cache
def _operations(service: str) -> dict[str, str]:
    return {_plain(name): name for name in aws.model(service).operation_names}


def _plain(name: str) -> str:
    return name.replace("_", "").lower()


def _did_you_mean(service: str, name: str) -> str:
    spelled = {_plain(each): _as_written(each, name) for each in _operations(service).values()}
    close = difflib.get_close_matches(_plain(name), spelled, n=3, cutoff=0.6)
    return f". Did you mean: {', '.join(spelled[each] for each in close)}" if close else ""


def _as_written(operation: str, like: str) -> str:
    """An operation's name in the spelling of another name."""
    if "_" in like:
        return aws.snake(operation)
    return operation if like[:1].isupper() else operation[:1].lower() + operation[1:]


def _reference(service: str) -> str:
    return f"https://docs.aws.amazon.com/boto3/latest/reference/services/{service}.html lists them."
