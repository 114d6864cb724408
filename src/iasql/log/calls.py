"""Cloud calls in the log: an intent before each, an outcome after it, and values found to be agreed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import attrs
import psycopg
from psycopg.types.json import Jsonb

Key = dict[str, Any]


@attrs.frozen(kw_only=True)
class Intent:
    """What is about to be asked: the row, the verb, the token of this very call, the last will of what is destroyed."""

    table_name: str
    key: Key
    verb: str
    token: str
    last_will: dict[str, Any] | None = None


@attrs.frozen(kw_only=True)
class OpenIntent:
    """An intent whose outcome nobody knows, `age` seconds old."""

    number: int
    table_name: str
    key: Key
    verb: str
    token: str
    age: float


@attrs.frozen(kw_only=True)
class Outcome:
    """What became of an intent: what is agreed by it, which cloud id it ended, or why it failed."""

    table_name: str
    key: Key
    intent: int
    verb: str
    requests: Sequence[Sequence[Any]] = ()
    agreed: dict[str, Any] | None = None
    ended: dict[str, Any] | None = None
    error: dict[str, Any] | None = None


def intend(connection: psycopg.Connection, transaction: str, intents: Iterable[Intent], epoch: int | None) -> list[int]:
    """Logs these intents in one statement; refused when another engine has taken over since this epoch."""
    rows = [
        {
            "table_name": each.table_name,
            "key": each.key,
            "transaction_id": transaction,
            "change": {"intent": {"verb": each.verb, "token": each.token, "last_will": each.last_will}},
        }
        for each in intents
    ]
    return _log(connection, rows, epoch)


def conclude(connection: psycopg.Connection, transaction: str, outcomes: Iterable[Outcome]) -> None:
    """Logs these outcomes in one statement."""
    rows = []
    for each in outcomes:
        told = {"intent": each.intent, "verb": each.verb, "requests": each.requests, "error": each.error}
        change: dict[str, Any] = {"outcome": told}
        change |= {"agreed": each.agreed} if each.agreed else {}
        change |= {"ended": each.ended} if each.ended else {}
        rows.append({"table_name": each.table_name, "key": each.key, "transaction_id": transaction, "change": change})
    _log(connection, rows, None)


def intend_function(connection: psycopg.Connection, transaction: str, name: str, epoch: int | None) -> int:
    """Logs that a function is about to change something at AWS."""
    row = {"transaction_id": transaction, "change": {"intent": {"function": name}}, "message": name}
    return _log(connection, [row], epoch)[0]


def conclude_function(
    connection: psycopg.Connection, transaction: str, name: str, intent: int, error: dict[str, Any] | None = None
) -> None:
    """Logs what became of a function's call."""
    change = {"outcome": {"intent": intent, "function": name, "error": error}}
    _log(connection, [{"transaction_id": transaction, "change": change, "message": name}], None)


def log_agreed(
    connection: psycopg.Connection, transaction: str, found: Iterable[tuple[str, Key, dict[str, Any]]]
) -> None:
    """Logs values that are equal on both sides: (table, key, values) each."""
    rows = [
        {"table_name": table, "key": key, "transaction_id": transaction, "change": {"agreed": values}}
        for table, key, values in found
    ]
    if rows:
        connection.execute("select iasql.log_agreed(%s)", [Jsonb(rows)])


def open_intents(connection: psycopg.Connection, transaction: str) -> list[OpenIntent]:
    """The intents of a transaction whose outcome nobody knows."""
    query = (
        "select id, table_name, key, intent, extract(epoch from clock_timestamp() - ts)::float8"
        " from iasql.open_intents() where transaction_id = %s and key is not null"
    )
    return [
        OpenIntent(number=number, table_name=table, key=key, verb=intent["verb"], token=intent["token"], age=age)
        for number, table, key, intent, age in connection.execute(query, [transaction]).fetchall()
    ]


def _log(connection: psycopg.Connection, rows: list[dict[str, Any]], epoch: int | None) -> list[int]:
    if not rows:
        return []
    found = connection.execute("select * from iasql.log_calls(%s, %s)", [Jsonb(rows), epoch]).fetchall()
    return [int(number) for (number,) in found]
