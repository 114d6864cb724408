"""Text: names, ids, ARNs."""

from __future__ import annotations

from typing import Any

import attrs

from iasql.resource.image import Value
from iasql.resource.kinds.kind import Kind


class Region(str):
    """Annotation of a column that holds an AWS region; it refers to aws_regions."""


class Protocol(str):
    """Annotation of an IP protocol: `-1` and `all` are one value, and so are `tcp` and `6`."""


@attrs.frozen
class Text(Kind):
    """Any text."""

    sql: str = "character varying"

    def load(self, value: Any) -> Value:
        return str(value)

    def fault(self, value: Value) -> str | None:
        return None if isinstance(value, str) else "a text"


@attrs.frozen
class RegionText(Text):
    """An AWS region."""


PROTOCOLS = {"1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6", "all": "-1"}


@attrs.frozen
class ProtocolText(Text):
    """An IP protocol by name or number."""

    def dump(self, value: Value) -> Any:
        return "-1" if value == "all" else value

    def canonical(self, value: Value) -> Value:
        if value is None:
            return None
        return PROTOCOLS.get(str(value).lower(), str(value).lower())
