"""JSON to what boto3 takes and back: AWS's member names stay, bytes become text, moments ISO 8601."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from iasql.errors import InvalidArgument

if TYPE_CHECKING:
    from botocore.model import Shape

MASK = "********"


def given(shape: Shape, value: Any, where: str = "method_input") -> Any:
    """A JSON value as boto3 takes it for a shape: bytes from text or {"base64": ...}; null members are left out."""
    if shape.type_name == "blob":
        return _bytes(value, where)
    if shape.type_name == "structure" and isinstance(value, Mapping):
        shapes: Mapping[str, Shape] = shape.members  # type: ignore[attr-defined]
        present = {name: part for name, part in value.items() if part is not None}
        return {n: given(shapes[n], part, f"{where}.{n}") if n in shapes else part for n, part in present.items()}
    if shape.type_name == "list" and isinstance(value, list):
        return [given(shape.member, part, f"{where}[{n}]") for n, part in enumerate(value)]  # type: ignore[attr-defined]
    if shape.type_name == "map" and isinstance(value, Mapping):
        return {n: given(shape.value, part, f"{where}.{n}") for n, part in value.items()}  # type: ignore[attr-defined]
    return value


def _bytes(value: Any, where: str) -> Any:
    if isinstance(value, Mapping) and set(value) == {"base64"}:
        try:
            return base64.b64decode(str(value["base64"]), validate=True)
        except binascii.Error as error:
            raise InvalidArgument(f"{where} is no base64: {error}") from None
    return value.encode() if isinstance(value, str) else value


def plain(value: Any) -> Any:
    """An answer of boto3's as JSON: bytes as text, or as {"base64": ...} where they are none."""
    if isinstance(value, Mapping):
        return {str(name): plain(part) for name, part in value.items()}
    if isinstance(value, bytes | bytearray):
        return _text(bytes(value))
    if isinstance(value, str | int | float | bool) or value is None:
        return value
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if hasattr(value, "read"):
        return _text(value.read())
    if isinstance(value, Iterable):
        return [plain(part) for part in value]
    return str(value)


def _text(value: bytes) -> Any:
    try:
        text = value.decode()
    except UnicodeDecodeError:
        text = "\0"
    return text if "\0" not in text else {"base64": base64.b64encode(value).decode()}


def secrets(shape: Shape | None, value: Any, hidden: bool = False) -> Iterator[str]:
    """The texts of an input that AWS's model marks as sensitive, also where they stand in a value of another type."""
    hidden = hidden or (shape is not None and bool(shape.metadata.get("sensitive")))
    if isinstance(value, Mapping):
        for name, part in value.items():
            yield from secrets(_member(shape, name), part, hidden)
    elif isinstance(value, list):
        for part in value:
            yield from secrets(getattr(shape, "member", None), part, hidden)
    elif hidden and value is not None:
        yield value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def _member(shape: Shape | None, name: str) -> Shape | None:
    if shape is None or shape.type_name == "structure":
        return getattr(shape, "members", {}).get(name)
    return getattr(shape, "value", None)


def masked(text: str, hidden: Iterable[str]) -> str:
    """A text without the secrets that it may repeat."""
    for each in sorted(set(hidden), key=len, reverse=True):
        text = text.replace(each, MASK)
    return text
