"""Which differences a pattern of an allow-list means."""

from __future__ import annotations

from typing import Any

import pytest

from iasql.cli.drift import is_allowed


def change(table: str, name: str, column: str | None) -> dict[str, Any]:
    return {"table_name": table, "description": name, "column_name": column}


@pytest.mark.parametrize(
    ("pattern", "allowed"),
    [
        ("queue", True),
        ("queue/*", True),
        ("queue/orders|us-east-1", True),
        ("queue/orders", True),
        ("queue/orders/delay_seconds", True),
        ("queue/orders|*/delay_seconds", True),
        ("*/*/delay_seconds", True),
        ("queue/order", False),
        ("queue/us-east-1", False),
        ("queue/orders/policy", False),
        ("bucket", False),
    ],
)
def test_a_pattern_means_a_table_a_row_or_a_column(pattern: str, allowed: bool) -> None:
    assert is_allowed(change("queue", "orders|us-east-1", "delay_seconds"), [pattern]) is allowed


def test_only_a_region_may_be_left_out_of_a_name() -> None:
    assert not is_allowed(change("record", "example.com|A", None), ["record/example.com"])
