"""A row as a value: what PostgreSQL's to_jsonb(row) gives, on either side of the comparison."""

from __future__ import annotations

from typing import Any, TypeAlias

Value: TypeAlias = Any
"""A JSON value: None, bool, int, float, str, list or dict."""

Image: TypeAlias = dict[str, Value]
"""Column name -> JSON value. In *table domain* references are our keys; in *cloud domain* they are cloud ids."""
