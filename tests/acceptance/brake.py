"""Holds the engine still at one moment, so that a test can do something meanwhile.

The engine of these tests runs in threads of the same process, so a function of its own can be made to wait.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

PATIENCE = 20.0


class Brake:
    """Stops whoever calls a function, before it does anything, until `release`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, place: Any, name: str, when: Callable[..., bool]) -> None:
        self._reached = threading.Event()
        self._released = threading.Event()
        original = getattr(place, name)

        def slow(*arguments: Any, **named: Any) -> Any:
            if when(*arguments, **named):
                self._reached.set()
                assert self._released.wait(PATIENCE), "nobody released the brake"
            return original(*arguments, **named)

        monkeypatch.setattr(place, name, slow)

    def reached(self) -> None:
        """Returns once somebody stands still here."""
        assert self._reached.wait(PATIENCE), "nobody came to the brake"

    def release(self) -> None:
        """Lets everybody go on, from now on."""
        self._released.set()


@contextmanager
def brake(
    monkeypatch: pytest.MonkeyPatch, place: Any, name: str, when: Callable[..., bool] = lambda *a, **n: True
) -> Iterator[Brake]:
    """A brake that is released at the latest at the end."""
    found = Brake(monkeypatch, place, name, when)
    try:
        yield found
    finally:
        found.release()


@contextmanager
def meanwhile(run: Callable[[], Any]) -> Iterator[Future[Any]]:
    """Something that runs in a thread while the block runs; `result()` gives what came of it."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        yield pool.submit(run)
