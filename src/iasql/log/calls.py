"""What is asked of the cloud: an intent before each call, its outcome after; and values found to be agreed.

The intents of a wave are one statement and one commit, and so are its outcomes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import attrs
import psycopg
from psycopg.types.json import Jsonb

from iasql.log.image import Image, Key

STEPS_A_ROW = 1000


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
class Frozen:
    """What a verb was about to do when its engine ended; `why_back` tells why it was being brought back already."""

    transaction: str
    verb: str
    steps: tuple[Image, ...]
    why_back: str | None = None


@attrs.frozen(kw_only=True)
class Made:
    """A call that was made: what both sides agreed on through it, and the kind of its error."""

    token: str
    concluded: bool
    error: str | None
    agreed: Image | None

    @property
    def is_done(self) -> bool:
        """Whether it has done what it should."""
        return self.concluded and self.error is None

    @property
    def is_heard(self) -> bool:
        """Whether anybody knows what became of it."""
        return self.concluded and self.error != "unknown"


@attrs.frozen(kw_only=True)
class OpenIntent:
    """An intent without an outcome, `age` seconds old: nobody knows what became of the call."""

    number: int
    transaction: str
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


def conclude(
    connection: psycopg.Connection, transaction: UUID | str, outcomes: Iterable[Outcome], epoch: int | None = None
) -> list[int]:
    """Logs what became of them. Refused when another engine took over, which has looked by itself."""
    return _log(connection, transaction, [each.as_json() for each in outcomes], epoch)


def freeze(
    connection: psycopg.Connection, transaction: UUID | str, verb: str, steps: Sequence[Image], epoch: int | None = None
) -> None:
    """Logs all that a verb is about to do, so that whoever comes after a crash can take it up."""
    parts = [steps[start : start + STEPS_A_ROW] for start in range(0, len(steps), STEPS_A_ROW)]
    rows = [{"change": {"intent": {"plan": part, "verb": verb}}, "message": f"plan of a {verb}"} for part in parts]
    _log(connection, transaction, rows, epoch)


def turn_back(connection: psycopg.Connection, transaction: UUID | str, why: str, epoch: int | None = None) -> None:
    """Logs that from now on what was done is brought back."""
    row = {"change": {"intent": {"plan": [], "verb": "bring back", "why": why}}, "message": "what was done is undone"}
    _log(connection, transaction, [row], epoch)


def unfinished(connection: psycopg.Connection) -> list[Frozen]:
    """What verbs were about to do and have not ended, oldest first."""
    query = """
        select transaction_id::text, intent->>'verb', coalesce(intent->>'why', ''), intent->'plan'
        from iasql.open_intents(iasql.settled_up_to()) where key is null and intent ? 'plan' order by id"""
    found: dict[str, Frozen] = {}
    for transaction, verb, why, steps in connection.execute(query).fetchall():
        known = found.get(transaction, Frozen(transaction=transaction, verb=verb, steps=()))
        back = why if verb == "bring back" else known.why_back
        found[transaction] = attrs.evolve(known, steps=(*known.steps, *steps), why_back=back)
    return list(found.values())


def thaw(connection: psycopg.Connection, transaction: UUID | str) -> None:
    """Logs that what was about to be done has ended, one way or the other."""
    query = """
        select iasql.log_calls(coalesce(jsonb_agg(jsonb_build_object('transaction_id', i.transaction_id,
          'message', i.intent->'function', 'change', jsonb_build_object('outcome', jsonb_build_object('intent', i.id)
            || case when i.intent ? 'plan' then jsonb_build_object('plan', 'ended')
              else jsonb_build_object('function', i.intent->'function', 'error', 'interrupted') end))), '[]'))
        from iasql.open_intents(iasql.settled_up_to()) i where i.transaction_id = %s and i.key is null"""
    connection.execute(query, [str(transaction)]).fetchall()


def unheard(connection: psycopg.Connection, table: str, keys: Sequence[Key]) -> list[tuple[Key, str]]:
    """The rows of which nobody knows whether a create has made them, each with the token of its last try.

    Of what a create has made before it failed in a later call, the cloud id is known.
    """
    query = """
        select distinct on (i.key) i.key, i.change->'intent'->>'token'
        from public.iasql_audit_log i left join lateral (
          select o.change from public.iasql_audit_log o
          where o.table_name = i.table_name and o.key = i.key and o.id > i.id and o.change_type = 'CLOUD_CALL'
            and (o.change->'outcome'->>'intent')::bigint = i.id limit 1) o on true
        where i.table_name = %s and i.key = any (%s) and i.change_type = 'CLOUD_CALL'
          and i.change->'intent'->>'verb' = 'create'
          and (o.change is null or (o.change->'outcome'->'error'->>'kind' = 'unknown' and not o.change ? 'agreed'))
          and not exists (
            select from public.iasql_audit_log d
            where d.table_name = i.table_name and d.key = i.key and d.id > i.id and d.change_type = 'CLOUD_CALL'
              and d.change->'outcome'->>'verb' = 'create'
              and (not d.change->'outcome' ? 'error' or d.change ? 'agreed'))
        order by i.key, i.id desc"""
    return connection.execute(query, [table, [Jsonb(key) for key in keys]]).fetchall()


def made_by(connection: psycopg.Connection, transaction: UUID | str) -> list[Made]:
    """The calls of a transaction with what became of each, oldest first."""
    query = """
        select i.change->'intent'->>'token', o.id is not null,
          coalesce(o.change->'outcome'->'error'->>'kind', case when o.change->'outcome' ? 'error' then 'unknown' end),
          o.change->'agreed'
        from public.iasql_audit_log i left join public.iasql_audit_log o
          on o.table_name = i.table_name and o.key = i.key and o.id > i.id and o.change_type = 'CLOUD_CALL'
          and (o.change->'outcome'->>'intent')::bigint = i.id
        where i.transaction_id = %s and i.id > iasql.settled_up_to() and i.key is not null
          and i.change_type = 'CLOUD_CALL' and i.change->'intent' ? 'token'
        order by i.id"""
    return [
        Made(token=token, concluded=concluded, error=error, agreed=agreed)
        for token, concluded, error, agreed in connection.execute(query, [str(transaction)]).fetchall()
    ]


def requests(connection: psycopg.Connection, table: str, key: Key) -> set[str]:
    """The ids that AWS gave to our own calls about a row."""
    query = """
        select r->>1 from public.iasql_audit_log l
          cross join lateral jsonb_array_elements(l.change->'outcome'->'requests') r
        where l.table_name = %s and l.key = %s and l.change_type = 'CLOUD_CALL' and l.change->'outcome' ? 'requests'"""
    return {name for (name,) in connection.execute(query, [table, Jsonb(key)]).fetchall()}


def intend_function(
    connection: psycopg.Connection,
    transaction: UUID | str,
    name: str,
    epoch: int | None = None,
    told: Mapping[str, Any] | None = None,
) -> int:
    """Logs that a module's function is about to change something in the cloud, and what `told` says of it."""
    row = {"change": {"intent": {"function": name, **(told or {})}}, "message": name}
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
    told = [(table, key, {"agreed": None, "ended": identity}) for table, key, identity in ended]
    _log_agreed(connection, transaction, told)


def log_passed_on(
    connection: psycopg.Connection, transaction: UUID | str, rows: Iterable[tuple[str, Key, Key]]
) -> None:
    """Logs that what deleted rows, by table and key, agreed on is that of the rows with the other keys."""
    told = [(table, former, {"agreed": None, "ended": {}, "heir": key}) for table, former, key in rows]
    _log_agreed(connection, transaction, told)


def _log_agreed(
    connection: psycopg.Connection, transaction: UUID | str, changes: Iterable[tuple[str, Key, Image]]
) -> None:
    rows = [
        {"table_name": table, "key": key, "transaction_id": str(transaction), "change": change}
        for table, key, change in changes
    ]
    if rows:
        connection.execute("select iasql.log_agreed(%s)", [Jsonb(rows)])


def open_intents(connection: psycopg.Connection) -> list[OpenIntent]:
    """The intents whose outcome nobody knows."""
    query = """
        select id, transaction_id::text, table_name, key, intent->>'verb', intent->>'token',
          extract(epoch from clock_timestamp() - ts)::double precision
        from iasql.open_intents(iasql.settled_up_to()) where key is not null"""
    return [
        OpenIntent(number=number, transaction=tx, table_name=table, key=key, verb=verb, token=token, age=age)
        for number, tx, table, key, verb, token, age in connection.execute(query).fetchall()
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
