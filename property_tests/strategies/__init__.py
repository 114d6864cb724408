"""Rows that AWS would take, generated from their declarations."""

from __future__ import annotations

from property_tests.strategies.rows import changes, rows

__all__ = ["changes", "rows"]
