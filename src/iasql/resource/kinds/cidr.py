"""A block of IP addresses."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

import attrs

from iasql.resource.image import Value
from iasql.resource.kinds.kind import Kind


class Cidr(str):
    """Annotation of a column of type cidr: a block of addresses, for example 10.0.0.0/16."""


class CidrText(str):
    """Annotation of a block of addresses that the table keeps as text, as the original's vpc and subnet do."""


def network(value: Value) -> Value:
    """A block of addresses in its one way of writing; a text that is none (a prefix list's id) as it is."""
    try:
        return str(ip_network(value, strict=False))
    except ValueError:
        return value


@attrs.frozen
class CidrBlock(Kind):
    """A block of IP addresses."""

    sql: str = "cidr"

    def load(self, value: Any) -> Value:
        return network(str(value))

    def canonical(self, value: Value) -> Value:
        return network(value) if isinstance(value, str) else value

    def fault(self, value: Value) -> str | None:
        try:
            ip_network(value, strict=self.sql == "cidr")
        except (ValueError, TypeError):
            return "a block of addresses such as 10.0.0.0/16"
        return None
