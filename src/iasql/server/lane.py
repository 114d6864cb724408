"""A lane: the gate that its callers wait at, and the connection that holds the gate and brings the answers."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus

from iasql.server.reply import Failure
from iasql.server.request import Session
from iasql.server.session import Sessions, cut, stands

logger = logging.getLogger(__name__)

ANSWER = """
with ended as (delete from iasql.progress p where p.nonce = %s and %s)
insert into iasql.reply (nonce, seq, kind, body)
select %s, %s + l.ordinality, l.value ->> 'kind', l.value -> 'body'
from jsonb_array_elements(%s::jsonb) with ordinality l
on conflict do nothing"""
WAKE = "select iasql.wake_lane(%s, %s)"
ATTEMPTS = 3
FAREWELL = 1.0  # seconds in which a statement on a connection that was cut has failed


class Lane:
    """One of the two lanes. Whoever uses `session` has it `held`."""

    def __init__(self, sessions: Sessions, number: int, name: str) -> None:
        self.number = number
        self.name = name
        self._lock = threading.RLock()
        self._sessions = sessions
        self._gate: int | None = None
        self._closed = False
        self.session = sessions.open(name)

    def open(self) -> None:
        """Takes the gate; callers may wait from now on."""
        self.standing()
        self._gate = self._read("select iasql.open_lane(%s)", self.number)

    def standing(self) -> Session:
        """The connection, made anew where it was lost."""
        with self._lock:
            if not stands(self.session):
                self._revive()
            return self.session

    def answer(self, nonce: int, after: int, lines: str, *, ends: bool = True) -> None:
        """Writes the answer, lines as JSON, and wakes the callers; a lost connection is made anew.

        Where the operation `ends` with it, its progress is gone before its caller goes on.
        """
        with self._lock:
            for attempt in range(1, ATTEMPTS + 1):
                try:
                    self._answer(self.standing(), nonce, after, lines, ends)
                except psycopg.DataError as error:
                    lines = Failure("22023", f"the answer is no JSON: {error.diag.message_primary}").text
                except psycopg.OperationalError:
                    if attempt == ATTEMPTS:
                        raise
                    self._revive()
                else:
                    return

    def execute(self, statement: str, *arguments: object) -> Any:
        """The first value of a statement run on this lane's connection."""
        with self._lock:
            self.standing()
            return self._read(statement, *arguments)

    def wake(self) -> None:
        """Makes the callers look again; not possible inside a transaction that has failed."""
        with self._lock:
            if self.session.info.transaction_status != TransactionStatus.INERROR:
                self._gate = self._read(WAKE, self.number, self._gate)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keeps everybody else from the session meanwhile."""
        with self._lock:
            try:
                yield
            finally:
                if self._closed:
                    self.session.close()

    def close(self) -> None:
        """Ends the connection for good, also under a running operation, which then gets an OperationalError."""
        self._closed = True
        cut(self.session)
        if self._lock.acquire(timeout=FAREWELL):
            self.session.close()
            self._lock.release()

    def _answer(self, session: Session, nonce: int, after: int, lines: str, ends: bool) -> None:
        if session.info.transaction_status != TransactionStatus.IDLE:
            session.rollback()
        with session.pipeline() as pipeline:
            session.execute(ANSWER, [nonce, ends, nonce, after, lines], prepare=True)
            pipeline.sync()  # the answer is committed before anybody is woken
            passed = session.execute(WAKE, [self.number, self._gate], prepare=True)
        self._gate = _value(passed)

    def _read(self, statement: str, *arguments: object) -> Any:
        return _value(self.session.execute(statement.encode(), arguments, prepare=True))

    def _revive(self) -> None:
        self.session.close()
        if self._closed:
            raise psycopg.OperationalError("the engine has left office")
        logger.warning("the connection of the %s was lost", self.name)
        self.session = self._sessions.open(self.name)
        if self._gate is not None:
            self._gate = self._read("select iasql.open_lane(%s)", self.number)


def _value(cursor: psycopg.Cursor[tuple[Any, ...]]) -> Any:
    row = cursor.fetchone()
    return row[0] if row is not None else None
