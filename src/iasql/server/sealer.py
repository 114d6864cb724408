"""The sealer: at least once a minute, and whenever a transaction has been sealed, the log is sealed, signed, published.

It also notes who may do what, begins a new partition of the log when the last one is full, and brings on what is
kept beside a long log. A failure is logged and tried again the next time; nothing waits for it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

import attrs
import psycopg
from botocore.exceptions import BotoCoreError, ClientError

from iasql.db.connection import Address, connect
from iasql.evidence.publish import Publisher

logger = logging.getLogger(__name__)
INTERVAL = 60.0
STEP = 0.5


@attrs.define(kw_only=True, slots=False)
class Sealer:
    """Works for one database until stopped. A standby's does nothing."""

    address: Address
    database: str
    publisher: Publisher
    in_office: Callable[[], bool] = lambda: True
    interval: float = INTERVAL
    _stopped: threading.Event = attrs.field(factory=threading.Event, init=False)

    def run(self) -> None:
        """Works until `stop`; blocks."""
        while not self._stopped.wait(STEP):
            if not self.in_office():
                continue
            try:
                with connect(self.address, "iasql_engine", self.database) as connection:
                    connection.execute("listen iasql_seal")
                    self._watch(connection)
            except (psycopg.Error, ClientError, BotoCoreError, OSError) as error:
                if not self._stopped.is_set():
                    logger.warning("sealing %s: %s", self.database, str(error).strip())
                self._stopped.wait(self.interval)

    def stop(self) -> None:
        """Ends `run` soon."""
        self._stopped.set()

    def seal(self, connection: psycopg.Connection) -> None:
        """Seals everything there is, and lets it be seen outside."""
        connection.execute("select iasql.note_grants()")
        while (connection.execute("select iasql.seal()").fetchone() or (0,))[0]:
            continue
        self.publisher.catch_up(connection)
        connection.execute("select iasql.rotate()")
        while (connection.execute("select iasql.catch_up()").fetchone() or (None,))[0] is not None:
            continue

    def _watch(self, connection: psycopg.Connection) -> None:
        while self.in_office() and not self._stopped.is_set():
            self.seal(connection)
            self._wait(connection)

    def _wait(self, connection: psycopg.Connection) -> None:
        """Until a seal was made, the time is up or there is an end to it."""
        for _ in range(int(self.interval / STEP)):
            if self._stopped.is_set() or list(connection.notifies(timeout=STEP, stop_after=1)):
                return
