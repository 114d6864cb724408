"""One of a few texts: an enum type of PostgreSQL."""

from __future__ import annotations

from typing import Any

import attrs

from iasql.resource.image import Value
from iasql.resource.kinds.kind import Kind


@attrs.frozen
class Enum(Kind):
    """One of `values`; `sql` is the name of the enum type."""

    values: tuple[str, ...] = ()

    def load(self, value: Any) -> Value:
        """What AWS told; a value that the declaration does not know yet is null rather than a failed read."""
        return str(value) if str(value) in self.values else None

    def fault(self, value: Value) -> str | None:
        return None if value in self.values else "one of " + ", ".join(self.values)
