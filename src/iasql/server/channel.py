"""The channel: brings what a SQL function asks to the engine, and the engine's answer back (see channel.sql).

A Channel serves one database. It reconnects whenever PostgreSQL comes back, and stands by while another engine is in
office. What is done with a request is the matter of the operations it was given.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping

import psycopg

from iasql.db.connection import Address
from iasql.server.reply import first_line
from iasql.server.request import Operation, Progress, Request, Row, Session
from iasql.server.session import Sessions
from iasql.server.tenure import Tenure

__all__ = ["Channel", "Operation", "Progress", "Request", "Row", "Session"]

logger = logging.getLogger(__name__)
SHORTEST, LONGEST = 0.1, 5.0  # seconds between two attempts to connect


class Channel:
    """Answers the calls of one database with these operations. `ready` is set while it is in office."""

    def __init__(
        self,
        address: Address,
        database: str,
        operations: Mapping[str, Operation],
        *,
        on_engine: Callable[[Session], None] = lambda session: None,
        role: str = "iasql_engine",
    ) -> None:
        self.ready = threading.Event()
        self._sessions = Sessions(address=address, database=database, role=role)
        self._operations = operations
        self._on_engine = on_engine
        self._stopped = threading.Event()
        self._tenure: Tenure | None = None

    @property
    def epoch(self) -> int | None:
        """The epoch of the present time in office; None while there is none."""
        tenure = self._tenure
        return tenure.office.epoch if tenure is not None and tenure.office is not None else None

    def running(self) -> Request | None:
        """The exclusive request that is being carried out."""
        tenure = self._tenure
        return tenure.running() if tenure is not None else None

    def serve(self) -> None:
        """Answers until `stop`. Raises where the first connection fails; later ones are tried again for ever."""
        tenure: Tenure | None = Tenure(self._sessions, self._operations)
        while tenure is not None:
            self._serve(tenure)
            tenure = self._next()

    def stop(self, grace: float = 10.0) -> None:
        """Ends `serve`: operations are asked to end at a safe point, and cut off after `grace` seconds."""
        self._stopped.set()
        tenure = self._tenure
        if tenure is not None:
            tenure.drain(grace)
            tenure.end()

    def _serve(self, tenure: Tenure) -> None:
        """One time in office."""
        self._tenure = tenure
        try:
            tenure.run(self._stopped, self._on_engine, self.ready)
        except psycopg.OperationalError as error:
            if not self._stopped.is_set():
                logger.warning("lost the connection to %s: %s", self._sessions.database, first_line(error))
        finally:
            self.ready.clear()
            self._tenure = None
            tenure.close()

    def _next(self) -> Tenure | None:
        """Connects again, as soon as PostgreSQL lets us; None once stopped."""
        pause = SHORTEST
        while not self._stopped.wait(pause):
            try:
                return Tenure(self._sessions, self._operations)
            except psycopg.OperationalError as error:
                logger.warning("no connection to %s: %s", self._sessions.database, first_line(error))
                pause = min(2 * pause, LONGEST)
        return None
