"""The waiter: the connection that is the engine, as long as it holds its lock, and sleeps until somebody calls."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

import attrs
from psycopg import errors
from psycopg.rows import kwargs_row

from iasql.server.session import Sessions, cut
from iasql.server.window import Assembly, Window

logger = logging.getLogger(__name__)

MORE, EXCLUSIVE, SHARED, NOT_UNDERSTOOD = range(4)
AWAIT = "select turn, opens, caller, login, roles, keys from iasql.await_request(%s, %s, %s, %s)"
SLEEP = 30.0  # seconds; a call ends it at once
STANDBY = 0.5  # seconds between two looks at whether the engine in office is still there

Document = dict[str, Any]
Last = tuple[int | None, int, int]  # the turn, the tag and the verdict of the window before
NOTHING: Last = (None, 0, MORE)


@attrs.frozen
class Office:
    """A time in office: what the engine writes carries its epoch, what callers say is hidden by its key."""

    epoch: int
    key: bytes


class Waiter:
    """Takes office, then brings what callers say to `receive`, which answers with the lane."""

    def __init__(self, sessions: Sessions) -> None:
        self.session = sessions.open("engine")
        self.pid = self.session.info.backend_pid

    def take_office(self, stopped: threading.Event) -> Office | None:
        """Waits as a standby until no other engine is in office; None when stopped meanwhile."""
        while not stopped.is_set():
            epoch, key = self.session.execute("select epoch, key from iasql.take_office()").fetchone() or (None, None)
            if epoch is not None and key is not None:
                return Office(epoch, key)
            stopped.wait(STANDBY)
        return None

    def listen(self, office: Office, receive: Callable[[Window, Document], int], rest: Callable[[], None]) -> None:
        """Serves callers until the connection ends; calls `rest` whenever none came for a while."""
        assembly = Assembly(office.key)
        last = NOTHING
        while True:
            window = self._await(last)
            if window is None:
                rest()
            else:
                last = (window.turn, window.tag, self._verdict(assembly, window, receive))

    def cut(self) -> None:
        """Ends the connection, also while another thread listens: `listen` raises there."""
        cut(self.session)

    def close(self) -> None:
        """Closes the connection; for the thread that listened."""
        self.session.close()

    def _await(self, last: Last) -> Window | None:
        """The next window. A wake-up that comes between statements ends up here, and the statement runs again."""
        with self.session.cursor(row_factory=kwargs_row(_window)) as cursor:
            while True:
                try:
                    return cursor.execute(AWAIT, [*last, SLEEP], prepare=True).fetchone()
                except errors.QueryCanceled:
                    continue

    def _verdict(self, assembly: Assembly, window: Window, receive: Callable[[Window, Document], int]) -> int:
        try:
            document = assembly.add(window)
        except ValueError as error:
            logger.warning("a request of %s was not understood: %s", window.login, error)
            return NOT_UNDERSTOOD
        return MORE if document is None else receive(window, document)


def _window(*, roles: list[str], **fields: Any) -> Window:
    return Window(roles=frozenset(roles), **fields)
