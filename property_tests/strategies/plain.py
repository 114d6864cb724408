"""The plainest value of a strategy: what a row is like about which a property says nothing."""

from __future__ import annotations

from typing import TypeVar

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

T = TypeVar("T")

FIRST = settings(
    max_examples=1, deadline=None, database=None, derandomize=True, phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)  # fmt: skip


def plain(strategy: st.SearchStrategy[T]) -> T:
    """The first value that a strategy gives; `hypothesis.find` would format an exception to tell it."""
    found: list[T] = []

    @FIRST
    @given(strategy)
    def note(value: T) -> None:
        found.append(value)

    note()
    return found[0]
