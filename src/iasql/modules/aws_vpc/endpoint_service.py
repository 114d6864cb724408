"""The service that a VPC endpoint leads to: a short name in the rows, a long one in AWS's calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

Item = dict[str, Any]
GONE = ("deleting", "deleted", "failed", "rejected", "expired")


def short_name(endpoint: Mapping[str, Any]) -> str | None:
    """`com.amazonaws.us-east-1.s3` -> `s3`; None where an answer does not say the service."""
    said = endpoint.get("ServiceName")
    return str(said).split(".", 3)[-1] if said else None


def long_name(region: str, service: str) -> str:
    """What AWS calls a service's endpoint in a region."""
    return f"com.amazonaws.{region}.{service}"


def of(kind: str, services: tuple[str, ...]) -> Callable[[Item], Iterator[Item]]:
    """Keeps the endpoints of a type, to services that the table's enum knows, that are there."""

    def kept(endpoint: Item) -> Iterator[Item]:
        there = str(endpoint.get("State", "")).lower() not in GONE
        if there and endpoint["VpcEndpointType"] == kind and short_name(endpoint) in services:
            yield endpoint

    return kept
