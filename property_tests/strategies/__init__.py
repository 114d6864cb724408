"""Rows that AWS would take, generated from their declarations."""

from __future__ import annotations

from property_tests.strategies.plain import plain
from property_tests.strategies.rows import changes, names_rows, rows

__all__ = ["changes", "names_rows", "plain", "rows"]
