"""The sealer: at least once a minute, and whenever a transaction has been sealed, the log is sealed, signed, published.

It also notes who may do what, begins a new partition of the log when the last one is full, and brings on what is
kept beside a long log. A failure is logged and tried again the next time; nothing waits for it.
"""

from __future__ import annotations

import logging
import select
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress

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
    _bell: socket.socket | None = attrs.field(default=None, init=False)
    """Rung by `stop`, so that nobody waits for the end of a nap."""

    def run(self) -> None:
        """Works until `stop`; blocks."""
        ear, self._bell = socket.socketpair()
        with ear, self._bell:
            while not self._stopped.wait(STEP):
                if self.in_office():
                    self._connected(ear)

    def stop(self) -> None:
        """Ends `run` soon."""
        self._stopped.set()
        if self._bell is not None:
            with suppress(OSError):  # it has ended already
                self._bell.send(b"!")

    def seal(self, connection: psycopg.Connection) -> None:
        """Seals everything there is, and lets it be seen outside."""
        connection.execute("select iasql.note_grants()")
        while (connection.execute("select iasql.seal()").fetchone() or (0,))[0]:
            continue
        self.publisher.catch_up(connection)
        connection.execute("select iasql.rotate()")
        while (connection.execute("select iasql.catch_up()").fetchone() or (None,))[0] is not None:
            continue

    def _connected(self, ear: socket.socket) -> None:
        """Works as long as the connection stands; a failure is logged, and followed by a pause."""
        try:
            with connect(self.address, "iasql_engine", self.database) as connection:
                connection.execute("listen iasql_seal")
                while self.in_office() and not self._stopped.is_set():
                    self.seal(connection)
                    self._wait(connection, ear)
        except (psycopg.Error, ClientError, BotoCoreError, OSError) as error:
            if not self._stopped.is_set():
                logger.warning("sealing %s: %s", self.database, str(error).strip())
            self._stopped.wait(self.interval)

    def _wait(self, connection: psycopg.Connection, ear: socket.socket) -> None:
        """Until a seal was made, the time is up or there is an end to it."""
        until = time.monotonic() + self.interval
        heard = select.poll()
        heard.register(connection.fileno(), select.POLLIN)
        heard.register(ear, select.POLLIN)
        while (left := until - time.monotonic()) > 0 and not self._stopped.is_set():
            if list(connection.notifies(timeout=0, stop_after=1)):
                return
            heard.poll(1000 * left)
