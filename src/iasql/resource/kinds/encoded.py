"""A text that AWS keeps base64-encoded: user data."""

from __future__ import annotations

import base64
import binascii
from typing import Any

import attrs

from iasql.resource.image import Value
from iasql.resource.kinds.text import Text


class Encoded(str):
    """Annotation of a text that AWS tells base64-encoded, and that botocore encodes when it is sent."""


@attrs.frozen
class EncodedText(Text):
    """A text that AWS tells base64-encoded; what is no text (a compressed script) is shown as AWS tells it."""

    sql: str = "text"

    def load(self, value: Any) -> Value:
        try:
            return base64.b64decode(value, validate=True).decode() or None
        except (binascii.Error, UnicodeDecodeError):
            return str(value)
