"""How much of a processor and of memory a task on Fargate may have: the pairs that AWS sells, each by one name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

CpuMemory: TypeAlias = Literal[
    "vCPU0.25-0.5GB", "vCPU0.25-1GB", "vCPU0.25-2GB", "vCPU0.5-1GB", "vCPU0.5-2GB", "vCPU0.5-3GB", "vCPU0.5-4GB",
    "vCPU1-2GB", "vCPU1-3GB", "vCPU1-4GB", "vCPU1-5GB", "vCPU1-6GB", "vCPU1-7GB", "vCPU1-8GB", "vCPU2-4GB",
    "vCPU2-5GB", "vCPU2-6GB", "vCPU2-7GB", "vCPU2-8GB", "vCPU2-9GB", "vCPU2-10GB", "vCPU2-11GB", "vCPU2-12GB",
    "vCPU2-13GB", "vCPU2-14GB", "vCPU2-15GB", "vCPU2-16GB", "vCPU4-8GB", "vCPU4-9GB", "vCPU4-10GB", "vCPU4-11GB",
    "vCPU4-12GB", "vCPU4-13GB", "vCPU4-14GB", "vCPU4-15GB", "vCPU4-16GB", "vCPU4-17GB", "vCPU4-18GB", "vCPU4-19GB",
    "vCPU4-20GB", "vCPU4-21GB", "vCPU4-22GB", "vCPU4-23GB", "vCPU4-24GB", "vCPU4-25GB", "vCPU4-26GB", "vCPU4-27GB",
    "vCPU4-28GB", "vCPU4-29GB", "vCPU4-30GB",
]  # fmt: skip

UNITS = 1024
"""AWS counts processors in 1,024ths and memory in MiB."""


def told(definition: Mapping[str, Any]) -> str | None:
    """The pair of a task definition, by its name."""
    cpu, memory = definition.get("cpu"), definition.get("memory")
    return f"vCPU{int(cpu) / UNITS:g}-{int(memory) / UNITS:g}GB" if cpu and memory else None


def parts(pair: str | None) -> dict[str, str]:
    """The arguments that say a pair."""
    if pair is None:
        return {}
    cpu, memory = (float(part) for part in pair.removeprefix("vCPU").removesuffix("GB").split("-"))
    return {"cpu": f"{cpu * UNITS:g}", "memory": f"{memory * UNITS:g}"}
