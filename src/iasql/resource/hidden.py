"""What people see in place of secrets: images hold versions of them (see log/vault.sql), which tell nothing."""

from __future__ import annotations

import re

from iasql.resource.image import Value

MASK = "********"
VERSION = re.compile(r"hmac:[0-9a-f]{64}")


def is_hidden(value: Value) -> bool:
    """Whether a value, or every part of it, is a mask or a version."""
    if isinstance(value, dict):
        return all(is_hidden(part) for part in value.values())
    return isinstance(value, str) and (value == MASK or VERSION.fullmatch(value) is not None)


def masked(value: Value) -> Value:
    """The value with masks in the place of versions, however deep."""
    if isinstance(value, dict):
        return {name: masked(part) for name, part in value.items()}
    return MASK if isinstance(value, str) and VERSION.fullmatch(value) else value
