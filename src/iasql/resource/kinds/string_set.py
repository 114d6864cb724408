"""A set of texts, an array in the table."""

from __future__ import annotations

from typing import Any

import attrs

from iasql.resource.image import Value
from iasql.resource.kinds.kind import Kind


class StringSet(frozenset[str]):
    """Annotation of a set of texts; `frozenset[str]` says the same."""


class StringList(list[str]):
    """Annotation of texts whose order matters."""


@attrs.frozen
class Strings(Kind):
    """Texts whose order means nothing. No texts and null are one value."""

    sql: str = "text[]"

    def load(self, value: Any) -> Value:
        return sorted(str(item) for item in value) or None

    def dump(self, value: Value) -> Any:
        return sorted(value)

    def canonical(self, value: Value) -> Value:
        return sorted(set(value or ()))

    def fault(self, value: Value) -> str | None:
        return None if isinstance(value, list) and all(isinstance(x, str) for x in value) else "an array of texts"


@attrs.frozen
class OrderedStrings(Strings):
    """Texts in an order that means something."""

    def load(self, value: Any) -> Value:
        return [str(item) for item in value] or None

    def dump(self, value: Value) -> Any:
        return list(value)

    def canonical(self, value: Value) -> Value:
        return list(value or ())
