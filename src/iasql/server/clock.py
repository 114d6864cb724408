"""The clock: seals the log and asks for a sync at every tick, as any other caller would.

An open transaction pauses it; a failure is logged and tried again at the next tick, later each time it fails.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

import attrs
import psycopg

from iasql.db.connection import Address, connect

logger = logging.getLogger(__name__)
LONGEST = 16


@attrs.define(kw_only=True, slots=False)
class Clock:
    """Ticks every `interval` seconds until stopped; zero means never. A standby's clock does not tick."""

    address: Address
    database: str
    interval: float
    in_office: Callable[[], bool] = lambda: True
    _stopped: threading.Event = attrs.field(factory=threading.Event, init=False)

    def run(self) -> None:
        """Ticks until `stop`; blocks."""
        failures = 0
        while self.interval > 0 and not self._stopped.wait(self.interval * min(2**failures, LONGEST)):
            if not self.in_office():
                continue
            failures = 0 if self.tick() else failures + 1

    def tick(self) -> bool:
        """One tick; whether it went well."""
        try:
            with connect(self.address, "iasql_engine", self.database) as connection:
                connection.execute("select iasql.seal()")
                rows = connection.execute("select * from iasql.call('tick', '{}')").fetchall()
        except psycopg.Error as error:
            if not self._stopped.is_set():
                logger.warning("tick of %s: %s", self.database, str(error).strip())
            return False
        if rows:
            logger.info("tick of %s: %d changes", self.database, len(rows))
        return True

    def stop(self) -> None:
        """Ends `run` soon."""
        self._stopped.set()
