"""Tags, as one JSON object of texts; what AWS or IaSQL itself put there is neither shown nor written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from iasql.resource.image import Value
from iasql.resource.kinds.kind import Kind

RESERVED = ("aws:", "iasql:")
INTENT = "iasql:intent"
"""The tag that a create carries until its outcome is logged, so that recovery finds what a crash left behind."""


class Tags(dict[str, str]):
    """Annotation of a column that holds tags: `{"name": "value"}`."""


def reserved(name: str) -> bool:
    """Whether a tag is not the user's."""
    return name.lower().startswith(RESERVED)


def pairs(value: Any) -> dict[str, str]:
    """All tags, the reserved ones too, of a map or of a list of structures, whatever their members are called."""
    if isinstance(value, Mapping):
        return {str(name): str(text) for name, text in value.items()}
    return dict(_pair(tag) for tag in value or ())


def _pair(tag: Mapping[str, Any]) -> tuple[str, str]:
    lower = {name.lower().removeprefix("tag"): text for name, text in tag.items()}
    return str(lower["key"]), str(lower.get("value") or "")


@attrs.frozen
class TagsValue(Kind):
    """The tags of a resource. No tags and null are one value."""

    def load(self, value: Any) -> Value:
        return {name: text for name, text in sorted(pairs(value).items()) if not reserved(name)} or None

    def dump(self, value: Value) -> Any:
        return [{"Key": k, "Value": v} for k, v in sorted(value.items()) if not reserved(k)]

    def canonical(self, value: Value) -> Value:
        return {k: v for k, v in (value or {}).items() if not reserved(k)}

    def fault(self, value: Value) -> str | None:
        if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
            return "a JSON object of texts"
        return "no key that starts with aws: or iasql:" if any(reserved(name) for name in value) else None
