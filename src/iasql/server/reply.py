"""What the engine answers: rows or a failure, as lines for iasql.reply."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from types import TracebackType
from typing import Self
from uuid import UUID

import attrs
import psycopg
from psycopg import errors

from iasql.errors import IasqlError
from iasql.server.request import Row

logger = logging.getLogger(__name__)


@attrs.define
class Attempt:
    """Holds what went wrong inside a `with` block: at this boundary every error becomes an answer."""

    error: Exception | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if not isinstance(error, Exception):
            return False
        self.error = error
        return True


@attrs.frozen
class Failure:
    """An error as the caller will see it."""

    sqlstate: str
    message: str
    detail: str | None = None
    hint: str | None = None

    @property
    def text(self) -> str:
        """As JSON, a list of one line."""
        return json.dumps([{"kind": "error", "body": attrs.asdict(self)}])


def rows(found: Iterable[Row]) -> str:
    """The rows and their end as JSON; what JSON lacks (moments, ids, decimals) as PostgreSQL writes it."""
    lines = [{"kind": "row", "body": row} for row in found]
    return json.dumps([*lines, {"kind": "end", "body": None}], default=_plain)


def failure(error: Exception, op: str) -> Failure:
    """How an error is told: ours as it is, the database's without the values it prints, others by class and text."""
    match error:
        case IasqlError():
            return Failure(error.sqlstate, str(error), error.detail, error.hint)
        case errors.DeadlockDetected():
            return Failure(
                "40P01",
                f"an open transaction holds a lock that the engine needs for {op}, and waits for the engine",
                hint="Commit or roll back first, and call the function outside of a transaction.",
            )
        case errors.LockNotAvailable():
            return Failure(
                "55P03",
                f"{op} gave up waiting for a lock that another session holds",
                hint="See pg_locks for who; run it again when that session has ended its transaction.",
            )
        case psycopg.OperationalError() if error.sqlstate is None or error.sqlstate.startswith(("57P", "08")):
            return Failure(
                "58000",
                f"the engine lost its connection to PostgreSQL while it worked on {op}",
                hint="Look at iasql_transaction for what became of it, and run it again.",
            )
        case psycopg.Error():
            _log(error, op, error.diag.message_primary)
            return Failure(error.sqlstate or "XX000", error.diag.message_primary or type(error).__name__)
    text = first_line(error)
    _log(error, op, text)
    return Failure("XX000", f"{op} failed: {type(error).__name__}: {text}", hint="The engine's log has the details.")


def first_line(error: Exception) -> str:
    """What an error says, without where it came from."""
    return (str(error).strip().splitlines() or [""])[0]


def _plain(value: object) -> str:
    match value:
        case datetime() | date():
            return value.isoformat()
        case UUID() | Decimal():
            return str(value)
    raise TypeError(f"{type(value).__name__} is no value of a row")


def _log(error: Exception, op: str, text: str | None) -> None:
    frames = "".join(traceback.format_tb(error.__traceback__))
    logger.error("%s failed: %s: %s\n%s", op, type(error).__name__, text, frames)
