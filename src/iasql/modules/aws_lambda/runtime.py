"""The languages that Lambda runs, or has run."""

from __future__ import annotations

from typing import Literal, TypeAlias

Runtime: TypeAlias = Literal[
    "dotnet6", "dotnetcore1.0", "dotnetcore2.0", "dotnetcore2.1", "dotnetcore3.1", "go1.x", "java11", "java8",
    "java8.al2", "nodejs", "nodejs10.x", "nodejs12.x", "nodejs14.x", "nodejs16.x", "nodejs18.x", "nodejs4.3",
    "nodejs4.3-edge", "nodejs6.10", "nodejs8.10", "provided", "provided.al2", "python2.7", "python3.6", "python3.7",
    "python3.8", "python3.9", "ruby2.5", "ruby2.7",
    # what came after the original
    "dotnet8", "java17", "java21", "nodejs20.x", "nodejs22.x", "provided.al2023", "python3.10", "python3.11",
    "python3.12", "python3.13", "ruby3.2", "ruby3.3", "ruby3.4",
]  # fmt: skip
