"""What callers say through locks: windows of up to 1524 bytes, put together again (`window.sql` takes them apart)."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import attrs

LOW_24, LOW_48 = (1 << 24) - 1, (1 << 48) - 1
LENGTH = 4  # bytes that say how long the document is


@attrs.frozen(kw_only=True)
class Window:
    """One window, as the waiter saw it, and who PostgreSQL says shows it."""

    turn: int
    opens: bool
    caller: int
    login: str
    roles: frozenset[str]
    keys: list[int]

    @property
    def tag(self) -> int:
        """What tells it from other windows of the same turn."""
        return self.keys[0] & LOW_24

    def part(self, key: bytes) -> bytes:
        """The bytes it carries; the last one may be followed by zeros."""
        salt = self.keys[0] & LOW_48
        hidden = key + salt.to_bytes(8, "big")
        return b"".join(
            ((lock & LOW_48) ^ _keystream(hidden, place)).to_bytes(6, "big")
            for place, lock in enumerate(self.keys[2:], 1)
        )


def _keystream(hidden: bytes, place: int) -> int:
    return int.from_bytes(hashlib.sha256(hidden + place.to_bytes(4, "big")).digest()[:6], "big")


@attrs.define
class Assembly:
    """The windows of one caller so far; a caller that leaves in the middle is forgotten by the next."""

    key: bytes
    _caller: int | None = None
    _received: bytearray = attrs.field(factory=bytearray)

    def add(self, window: Window) -> dict[str, Any] | None:
        """The whole document, or None while more is to come; a ValueError where it makes no sense."""
        if window.opens:
            self._caller, self._received = window.caller, bytearray()
        elif window.caller != self._caller:
            raise ValueError("a window without its beginning")
        self._received += window.part(self.key)
        length = int.from_bytes(self._received[:LENGTH], "big")
        if len(self._received) < LENGTH + length:
            return None
        document = json.loads(bytes(self._received[LENGTH : LENGTH + length]))
        self._caller, self._received = None, bytearray()
        if not isinstance(document, dict) or not isinstance(document.get("nonce"), int):
            raise ValueError("a document of another form")
        return document
