"""A row's name for people: the values that tell it from others, in one line."""

from __future__ import annotations

from collections.abc import Iterable


def label(values: Iterable[object]) -> str:
    """The values as PostgreSQL spells them, joined by a bar; nothing stands for null."""
    return "|".join(map(_spelled, values))


def _spelled(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case _:
            return str(value)
