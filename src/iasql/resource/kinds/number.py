"""Numbers; AWS sends some as text (all attributes of a queue)."""

from __future__ import annotations

from typing import Any

import attrs

from iasql.resource.image import Value
from iasql.resource.kinds.kind import Kind


class Port(int):
    """Annotation of a port or ICMP type: null and -1 both mean all of them."""


class BigInt(int):
    """Annotation of a whole number that may pass two thousand million."""


@attrs.frozen
class Integer(Kind):
    """A whole number."""

    sql: str = "integer"

    def load(self, value: Any) -> Value:
        return int(value)

    def fault(self, value: Value) -> str | None:
        return None if isinstance(value, int) and not isinstance(value, bool) else "a whole number"


@attrs.frozen
class PortNumber(Integer):
    """A port, where null means all."""

    def canonical(self, value: Value) -> Value:
        return -1 if value is None else value


@attrs.frozen
class Number(Kind):
    """A number with a fraction."""

    sql: str = "double precision"

    def load(self, value: Any) -> Value:
        return float(value)

    def fault(self, value: Value) -> str | None:
        return None if isinstance(value, int | float) and not isinstance(value, bool) else "a number"
