"""What the waiter makes of the windows it is shown."""

from __future__ import annotations

import hashlib
import json

import pytest

from iasql.server.window import LENGTH, LOW_48, Assembly, Window

KEY = b"k" * 32
ROOM = 1524


def shown(part: bytes, *, caller: int = 1, opens: bool = True, salt: int = 7) -> Window:
    """A window as window.sql makes it."""
    hidden = KEY + salt.to_bytes(8, "big")
    padded = part + bytes(-len(part) % 6)
    keys = [salt, 0]
    for place in range(1, len(padded) // 6 + 1):
        veil = hashlib.sha256(hidden + place.to_bytes(4, "big")).digest()[:6]
        value = int.from_bytes(padded[6 * place - 6 : 6 * place], "big") ^ int.from_bytes(veil, "big")
        keys.append((90 << 56) | ((place + 1) << 48) | (value & LOW_48))
    return Window(turn=1, opens=opens, caller=caller, login="alice", roles=frozenset(), keys=keys)


def parts(document: object) -> list[bytes]:
    """A document in windows."""
    text = json.dumps(document).encode()
    whole = len(text).to_bytes(LENGTH, "big") + text
    return [whole[i : i + ROOM] for i in range(0, len(whole), ROOM)]


SHORT = {"nonce": 1, "op": "echo"}
LONG = {"nonce": 2, "op": "echo", "arguments": {"text": "x" * 4000}}


def test_a_document_in_one_window() -> None:
    (part,) = parts(SHORT)
    assert Assembly(KEY).add(shown(part)) == SHORT


def test_a_document_in_several_windows() -> None:
    assembly = Assembly(KEY)
    *most, last = parts(LONG)
    for place, part in enumerate(most):
        assert assembly.add(shown(part, opens=place == 0, salt=place)) is None
    assert assembly.add(shown(last, opens=False)) == LONG


def test_a_caller_that_leaves_in_the_middle_is_forgotten() -> None:
    assembly = Assembly(KEY)
    first, second, *_ = parts(LONG)
    assert assembly.add(shown(first, caller=1)) is None
    assert assembly.add(shown(parts(SHORT)[0], caller=2)) == SHORT
    with pytest.raises(ValueError, match="without its beginning"):
        assembly.add(shown(second, caller=1, opens=False))


@pytest.mark.parametrize("document", [[], {"op": "echo"}, {"nonce": "1"}, 5])
def test_a_document_of_another_form_is_refused(document: object) -> None:
    with pytest.raises(ValueError, match="form"):
        Assembly(KEY).add(shown(parts(document)[0]))


def test_with_another_key_it_makes_no_sense() -> None:
    (part,) = parts(SHORT)
    assembly = Assembly(b"j" * 32)
    try:
        found = assembly.add(shown(part))
    except ValueError:
        found = None
    assert found is None
