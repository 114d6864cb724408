"""The engine's own connections: they notice a lost peer within seconds, and never wait for a lock for ever."""

from __future__ import annotations

import os
import select
import socket
import sys
from typing import Any

import attrs
import psycopg
from psycopg.types.json import Json

from iasql.db.connection import Address
from iasql.server.request import Session

KEEPALIVES: dict[str, Any] = {"keepalives": 1, "keepalives_idle": 3, "keepalives_interval": 1, "keepalives_count": 3}
ONLY_WHEN_ASKED = sys.maxsize  # a prepared `select *` fails after the next DDL
SETTINGS = {
    "tcp_keepalives_idle": "3",
    "tcp_keepalives_interval": "1",
    "tcp_keepalives_count": "3",
    "client_connection_check_interval": "1s",
    "lock_timeout": "20s",
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "idle_session_timeout": "0",
    "timezone": "UTC",
    "search_path": "pg_catalog",  # users may make operators in public, which would run with the engine's power
}


@attrs.frozen(kw_only=True)
class Sessions:
    """Opens the engine's connections to one database."""

    address: Address
    database: str
    role: str = "iasql_engine"

    @property
    def dsn(self) -> str:
        """Where to, and as whom; without a password."""
        return self.address.dsn(self.role, self.database)

    def arguments(self, purpose: str) -> dict[str, Any]:
        """How, as keywords of psycopg.connect; `purpose` is what pg_stat_activity shows."""
        password = self.address.passwords.get(self.role)
        secret = {} if password is None else {"password": password}
        return {
            "autocommit": True,
            "connect_timeout": 10,
            "application_name": f"iasql: {purpose}",
            **KEEPALIVES,
            **secret,
        }

    def open(self, purpose: str) -> Session:
        """A new connection in autocommit."""
        session = psycopg.connect(self.dsn, **self.arguments(purpose))
        configure(session)
        return session


def configure(session: Session) -> None:
    """Sets what every connection of the engine needs."""
    session.execute("select set_config(s.key, s.value, false) from json_each_text(%s) s", [Json(SETTINGS)])
    session.prepare_threshold = ONLY_WHEN_ASKED


def stands(session: Session) -> bool:
    """Whether an idle connection still stands, at no cost while it does: a lost one has something to read."""
    if session.closed or session.broken:
        return False
    poll = select.poll()
    poll.register(session.fileno(), select.POLLIN)
    if not poll.poll(0):
        return True
    try:
        session.execute("select 1")
    except psycopg.OperationalError:
        return False
    return True


def cut(session: Session) -> None:
    """Ends a connection that another thread may be using, which then gets an OperationalError."""
    if session.closed:
        return
    try:
        with socket.socket(fileno=os.dup(session.fileno())) as wire:
            wire.shutdown(socket.SHUT_RDWR)
    except OSError:  # it was gone already
        return
