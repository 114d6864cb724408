"""A JSON document that a table keeps as text, a policy above all: two texts that say the same are one value."""

from __future__ import annotations

import json
from typing import Any

import attrs

from iasql.resource.image import Value
from iasql.resource.kinds.policy import canonical_policy
from iasql.resource.kinds.text import Text


class Document(str):
    """Annotation of a text that is a JSON object."""


@attrs.frozen
class DocumentText(Text):
    """A JSON object, written as text."""

    def load(self, value: Any) -> Value:
        return str(value) or None

    def canonical(self, value: Value) -> Value:
        document = _parsed(value)
        return canonical_policy(document) if isinstance(document, dict) else value

    def fault(self, value: Value) -> str | None:
        return None if isinstance(_parsed(value), dict) else "a JSON object as text"


def _parsed(value: Value) -> Any:
    try:
        return json.loads(value) if isinstance(value, str) else None
    except ValueError:
        return None
