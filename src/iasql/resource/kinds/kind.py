"""What a column's type means to SQL, to AWS and to the comparison; one file a type in this folder.

Equivalence (the order of a set, a policy written two ways) lives here once and never in a resource.
"""

from __future__ import annotations

from typing import Any

import attrs

from iasql.resource.image import Value


@attrs.frozen
class Kind:
    """One column type. Subclasses override what differs from plain JSON."""

    sql: str = "jsonb"

    def load(self, value: Any) -> Value:
        """The image value of what AWS told."""
        return value

    def dump(self, value: Value) -> Any:
        """What AWS is told for an image value."""
        return value

    def canonical(self, value: Value) -> Value:
        """One value for all that mean the same; only for comparing."""
        return value

    def same(self, one: Value, other: Value) -> bool:
        """Whether two image values mean the same."""
        return bool(one == other) or bool(self._plain(one) == self._plain(other))

    def fault(self, value: Value) -> str | None:
        """What is allowed, when the value is none of this kind; None when it is fine."""
        return None

    def _plain(self, value: Value) -> Value:
        return self.canonical(value)
