"""The clock: asks for a sync at every tick, and has commits undone that have expired, on time.

An open transaction pauses it; a failure is logged and tried again at the next tick, later each time it fails.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

import attrs
import psycopg

from iasql.db.connection import Address, connect

logger = logging.getLogger(__name__)
LONGEST = 16
LOOK = 60.0
"""Seconds after which it looks at the latest whether something has expired."""
OUT_OF_OFFICE = 1.0


@attrs.define(kw_only=True, slots=False)
class Clock:
    """Ticks every `interval` seconds until stopped; zero means that it only minds what expires.

    A standby's clock does nothing.
    """

    address: Address
    database: str
    interval: float
    in_office: Callable[[], bool] = lambda: True
    _stopped: threading.Event = attrs.field(factory=threading.Event, init=False)
    _woken: threading.Event = attrs.field(factory=threading.Event, init=False)
    _failures: int = attrs.field(default=0, init=False)

    def run(self) -> None:
        """Ticks until `stop`; blocks."""
        tick_at = self._next_tick()
        while not self._stopped.is_set():
            self._woken.wait(self._pause(tick_at))
            self._woken.clear()
            if self._stopped.is_set() or not self.in_office():
                continue
            if time.monotonic() >= tick_at:
                self._failures = 0 if self.tick() else self._failures + 1
                tick_at = self._next_tick()
            elif self._ask("select count(*) from iasql.due_expiries()"):
                self._ask("select count(*) from iasql.call('expire', '{}')")

    def tick(self) -> bool:
        """One tick; whether it went well."""
        try:
            with connect(self.address, "iasql_engine", self.database) as connection:
                rows = connection.execute("select * from iasql.call('tick', '{}')").fetchall()
        except psycopg.Error as error:
            self._failed(error)
            return False
        if rows:
            logger.info("tick of %s: %d changes", self.database, len(rows))
        return True

    def wake(self) -> None:
        """Makes it look now whether something is due."""
        self._woken.set()

    def stop(self) -> None:
        """Ends `run` soon."""
        self._stopped.set()
        self._woken.set()

    def _next_tick(self) -> float:
        pause = self.interval * min(2**self._failures, LONGEST)
        return time.monotonic() + pause if pause > 0 else float("inf")

    def _pause(self, tick_at: float) -> float:
        """Seconds until the next tick or the next expiry, whichever comes first."""
        if not self.in_office():
            return OUT_OF_OFFICE
        expires_in = self._ask("select iasql.next_expiry()")
        return max(0.0, min(tick_at - time.monotonic(), LOOK if expires_in is None else expires_in + 0.05, LOOK))

    def _ask(self, query: str) -> float | None:
        """What a query gives; None when it gives nothing or fails, which is logged."""
        try:
            with connect(self.address, "iasql_engine", self.database) as connection:
                row = connection.execute(query.encode()).fetchone()
        except psycopg.Error as error:
            self._failed(error)
            return None
        return None if row is None or row[0] is None else float(row[0])

    def _failed(self, error: psycopg.Error) -> None:
        if not self._stopped.is_set():
            logger.warning("tick of %s: %s", self.database, str(error).strip())
