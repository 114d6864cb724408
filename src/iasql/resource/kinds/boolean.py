"""Yes or no; AWS sends some as the text `true`."""

from __future__ import annotations

from typing import Any

import attrs

from iasql.resource.image import Value
from iasql.resource.kinds.kind import Kind


@attrs.frozen
class Boolean(Kind):
    """Yes or no."""

    sql: str = "boolean"

    def load(self, value: Any) -> Value:
        return value.lower() == "true" if isinstance(value, str) else bool(value)

    def fault(self, value: Value) -> str | None:
        return None if isinstance(value, bool) else "true or false"
