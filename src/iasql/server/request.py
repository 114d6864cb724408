"""What a caller asks for, and what the engine offers: the two values of the channel."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any

import attrs
import psycopg

Session = psycopg.Connection[tuple[Any, ...]]
Row = dict[str, Any]
Progress = Callable[[str], None]


@attrs.frozen(kw_only=True)
class Request:
    """One call, as the engine received it.

    Who calls (`user`, `roles`, `pid`) is PostgreSQL's word; `actor`, `client_addr` and `application_name` were read in
    the caller's session. `epoch` is the office under which it was received.
    """

    op: str
    arguments: dict[str, Any]
    user: str
    roles: frozenset[str]
    pid: int
    nonce: int
    actor: str | None = None
    client_addr: str | None = None
    application_name: str = ""
    database: str
    epoch: int
    stopping: threading.Event = attrs.field(factory=threading.Event, eq=False, repr=False)
    ending: threading.Event = attrs.field(factory=threading.Event, eq=False, repr=False)
    cancellers: list[str] = attrs.field(factory=list, eq=False, repr=False)
    is_awaited: Callable[[int], bool] = attrs.field(eq=False, repr=False)
    answer: Callable[[Iterable[Row]], None] = attrs.field(default=lambda rows: None, eq=False, repr=False)
    """Answers before the operation has ended; what it gives back later is told to nobody."""

    def gone(self) -> bool:
        """Whether the caller has left: Ctrl-C, a timeout, a lost connection."""
        return not self.is_awaited(self.nonce)

    def stop(self) -> None:
        """Asks the operation to end at its next safe point; `stopping.is_set()` tells it."""
        self.stopping.set()

    def ends(self) -> None:
        """Says that all is done but for the last words: who comes now need not be told that this is running."""
        self.ending.set()

    def cancel(self, person: str) -> None:
        """The same, because somebody wants it."""
        self.cancellers.append(person)
        self.stop()


@attrs.frozen(kw_only=True)
class Operation:
    """What the engine does for one name, and which role may ask for it; None: `run` looks itself.

    Exclusive ones run one at a time. A second is refused at once, unless it `waits`, or what runs is `brief`: a batch
    that others wait for. `run` gets a session in autocommit that is its own meanwhile; it may give
    notice of its progress as text, best as `12 of 200: what was done`.
    """

    run: Callable[[Request, Session, Progress], Iterable[Row]]
    exclusive: bool = False
    role: str | None = "iasql_user"
    also: tuple[str, ...] = ()
    waits: bool = False
    brief: bool = False
