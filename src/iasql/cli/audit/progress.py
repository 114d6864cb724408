"""How far something long has come, on standard error: one line on a terminal, elsewhere another now and then."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

EVERY = {True: 0.2, False: 5.0}  # seconds, on a terminal and elsewhere


@contextmanager
def told(what: str) -> Iterator[Callable[[int, int], None]]:
    """A function that hears (done, total)."""
    terminal = sys.stderr.isatty()
    began = last = time.monotonic()

    def hear(done: int, total: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= EVERY[terminal]:
            last = now
            share = f" of {total}, {100 * done // total} %" if total else ""
            _write(f"{what}: {done}{share}, {now - began:.0f} s", terminal)

    yield hear
    if terminal and last > began:
        sys.stderr.write("\n")


def _write(line: str, terminal: bool) -> None:
    sys.stderr.write(f"\r\x1b[K{line}" if terminal else f"{line}\n")
    sys.stderr.flush()
