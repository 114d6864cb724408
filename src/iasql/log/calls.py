"""What is asked of the cloud: an intent before each call, its outcome after; and values found to be agreed.

The intents of a wave are one statement and one commit, and so are its outcomes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import attrs
import psycopg
from psycopg.types.json import Jsonb

from iasql.log.image import Image, Key


@attrs.frozen(kw_only=True)
class Intent:
    """A call that is about to be made. `last_will` is all that AWS told of what will be destroyed."""

    table_name: str
    key: Key
    verb: str
    token: str | None = None
    last_will: Image | None = None

    def as_json(self) -> dict[str, Any]:
        """The row of the log."""
        said = {"verb": self.verb, "token": self.token, "last_will": self.last_will}
        return {"table_name": self.table_name, "key": self.key, "change": {"intent": _told(said)}}


@attrs.frozen(kw_only=True)
class Outcome:
    """What became of an intent: values both sides agree on now, the cloud id that is gone, or the error."""

    table_name: str
    key: Key
    intent: int
    verb: str
    requests: Sequence[Sequence[Any]] = ()
    agreed: Image | None = None
    ended: Image | None = None
    error: Any = None

    def as_json(self) -> dict[str, Any]:
        """The row of the log."""
        requests = list(self.requests) or None
        outcome = {"intent": self.intent, "verb": self.verb, "requests": requests, "error": self.error}
        change = _told({"outcome": _told(outcome), "agreed": self.agreed, "ended": self.ended})
        return {"table_name": self.table_name, "key": self.key, "change": change}


@attrs.frozen(kw_only=True)
class OpenIntent:
    """An intent without an outcome, `age` seconds old: nobody knows what became of the call."""

    number: int
    table_name: str
    key: Key
    verb: str
    token: str
    age: float


def intend(
    connection: psycopg.Connection, transaction: UUID | str, intents: Iterable[Intent], epoch: int | None = None
) -> list[int]:
    """Logs the calls of a wave before they are made; their ids, in order. Refused when another engine took over."""
    return _log(connection, transaction, [each.as_json() for each in intents], epoch)


def conclude(connection: psycopg.Connection, transaction: UUID | str, outcomes: Iterable[Outcome]) -> list[int]:
    """Logs what became of them."""
    return _log(connection, transaction, [each.as_json() for each in outcomes])


def intend_function(
    connection: psycopg.Connection, transaction: UUID | str, name: str, epoch: int | None = None
) -> int:
    """Logs that a module's function is about to change something in the cloud."""
    row = {"change": {"intent": {"function": name}}, "message": name}
    return _log(connection, transaction, [row], epoch)[0]


def conclude_function(
    connection: psycopg.Connection, transaction: UUID | str, name: str, intent: int, error: Any = None
) -> None:
    """Logs what became of it."""
    outcome = _told({"intent": intent, "function": name, "error": error})
    _log(connection, transaction, [{"change": {"outcome": outcome}, "message": name}])


def log_agreed(
    connection: psycopg.Connection, transaction: UUID | str, agreed: Iterable[tuple[str, Key, Image]]
) -> None:
    """Logs values, by table and key, that both sides turned out to have in common."""
    rows = [
        {"table_name": table, "key": key, "transaction_id": str(transaction), "change": {"agreed": values}}
        for table, key, values in agreed
    ]
    if rows:
        connection.execute("select iasql.log_agreed(%s)", [Jsonb(rows)])


def log_ended(connection: psycopg.Connection, transaction: UUID | str, ended: Iterable[tuple[str, Key, Image]]) -> None:
    """Logs that neither side has these resources any more, by table, key and agreed cloud id."""
    rows = [
        {
            "table_name": table,
            "key": key,
            "transaction_id": str(transaction),
            "change": {"agreed": None, "ended": identity},
        }
        for table, key, identity in ended
    ]
    if rows:
        connection.execute("select iasql.log_agreed(%s)", [Jsonb(rows)])


def open_intents(connection: psycopg.Connection, transaction: UUID | str) -> list[OpenIntent]:
    """The intents of a transaction whose outcome nobody knows."""
    query = """
        select id, table_name, key, intent->>'verb', intent->>'token',
          extract(epoch from clock_timestamp() - ts)::double precision
        from iasql.open_intents() where transaction_id = %s and key is not null"""
    return [
        OpenIntent(number=number, table_name=table, key=key, verb=verb, token=token, age=age)
        for number, table, key, verb, token, age in connection.execute(query, [str(transaction)]).fetchall()
    ]


def _log(
    connection: psycopg.Connection, transaction: UUID | str, rows: list[dict[str, Any]], epoch: int | None = None
) -> list[int]:
    if not rows:
        return []
    told = [{**row, "transaction_id": str(transaction)} for row in rows]
    found = connection.execute("select iasql.log_calls(%s, %s)", [Jsonb(told), epoch]).fetchall()
    return sorted(number for (number,) in found)


def _told(said: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in said.items() if value is not None}
