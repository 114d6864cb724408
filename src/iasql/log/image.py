"""The names of what the log holds of a row: its image, and its primary key."""

from __future__ import annotations

from typing import Any, TypeAlias

Image: TypeAlias = dict[str, Any]
Key: TypeAlias = dict[str, Any]
