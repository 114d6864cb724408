"""A container as ECS takes it, and what of ECS's answer is which column."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Container = Mapping[str, Any]


def sent(row: Container, region: str) -> dict[str, Any]:
    """The container of a row, as an argument of RegisterTaskDefinition."""
    plain = {"cpu": row.get("cpu"), "memory": row.get("memory"), "memoryReservation": row.get("memory_reservation")}
    parts = {
        **plain,
        "portMappings": _ports(row),
        "environment": [{"name": n, "value": str(v)} for n, v in sorted((row.get("env_variables") or {}).items())],
        "logConfiguration": _log(row.get("log_group_id"), row["name"], region),
    }
    told = {member: part for member, part in parts.items() if part not in (None, [], {})}
    return {"name": row["name"], "image": image_of(row), "essential": bool(row.get("essential")), **told}


def image_of(row: Container) -> str:
    """The image of a row: in a repository of one's own, else wherever it says."""
    uri = row.get("repository_id") or row.get("public_repository_name") or row.get("image")
    if row.get("digest"):
        return f"{uri}@{row['digest']}"
    return f"{uri}:{row['tag']}" if row.get("tag") else str(uri)


def split(image: str) -> dict[str, str | None]:
    """An image's uri, tag and digest; a colon before the last slash belongs to a port."""
    uri, _, digest = image.partition("@")
    path, colon, tag = uri.rpartition(":")
    tagged = bool(colon) and "/" not in tag
    return {"uri": path if tagged else uri, "tag": tag if tagged and not digest else None, "digest": digest or None}


def part_of_image(part: str) -> Callable[[Container], str | None]:
    """Tells the uri, tag or digest of a container's image."""
    return lambda container: split(container["image"])[part] if "image" in container else None


def ecr_uri(sign: str) -> Callable[[Container], str | None]:
    """Tells the uri of a container's image where it is in ECR."""

    def told(container: Container) -> str | None:
        uri = split(container.get("image", ""))["uri"]
        return uri if uri and sign in uri else None

    return told


def environment(container: Container) -> dict[str, str] | None:
    """Names and values of a container's environment."""
    return {pair["name"]: pair["value"] for pair in container.get("environment", ())} or None


def _ports(row: Container) -> list[dict[str, Any]]:
    said = {"containerPort": row.get("container_port"), "hostPort": row.get("host_port")}
    told = {member: port for member, port in said.items() if port is not None}
    return [{**told, **({"protocol": row["protocol"]} if row.get("protocol") else {})}] if told else []


def _log(group: str | None, name: str, region: str) -> dict[str, Any]:
    if group is None:
        return {}
    options = {"awslogs-group": group, "awslogs-region": region, "awslogs-stream-prefix": name}
    return {"logDriver": "awslogs", "options": options}
