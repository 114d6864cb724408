"""Removes a value from the log: signed where there is a key; wherever else it stands, if that is asked."""

from __future__ import annotations

import os
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from iasql.errors import InvalidArgument
from iasql.evidence import publish
from iasql.evidence.key import PrivateKey
from iasql.evidence.redaction import Redaction

SALT = 16


def redact(
    connection: psycopg.Connection,
    row: int,
    path: tuple[str, ...],
    reason: str,
    key: PrivateKey | None = None,
    *,
    everywhere: bool = False,
) -> list[dict[str, Any]]:
    """All or nothing: what was done, and where the value still is. `connection` is the engine's, in autocommit mode."""
    while (connection.execute("select iasql.seal()").fetchone() or (0,))[0]:
        continue
    log = publish.log_of(connection)
    with connection.transaction():
        places = _traces(connection, row, path)
        chosen = places if everywhere else [(row, path)]
        records = [(number, where, _remove(connection, log, number, where, reason, key)) for number, where in chosen]
    done = [{"row": n, "path": ".".join(w), "record": record, "state": "redacted"} for n, w, record in records]
    left = [place for place in places if place not in chosen]
    return done + [{"row": n, "path": ".".join(w), "record": None, "state": "still there"} for n, w in left]


def _traces(connection: psycopg.Connection, row: int, path: tuple[str, ...]) -> list[tuple[int, tuple[str, ...]]]:
    query = """
        select t.id, t.path from public.iasql_audit_log l cross join lateral iasql.traces_of(iasql.value_at(l, %s)) t
        where l.id = %s"""
    found = connection.execute(query, [list(path), row]).fetchall()
    if not found:
        raise InvalidArgument(
            f"the log has no row {row}, or it has no value at {'.'.join(path)}",
            hint="A path is message, or change and the members that lead to the value: change.original.tags.owner",
        )
    return [(number, tuple(where)) for number, where in found]


def _remove(
    connection: psycopg.Connection, log: str, row: int, path: tuple[str, ...], reason: str, key: PrivateKey | None
) -> int:
    salt = os.urandom(SALT)
    query = "select encode(leaf, 'hex'), encode(digest, 'hex') from iasql.redaction(%s, %s, %s)"
    told = connection.execute(query, [row, list(path), salt]).fetchone()
    assert told is not None
    record = Redaction(row=row, path=path, reason=reason, leaf=told[0], digest=told[1])
    proof = None
    if key is not None:
        proof = Jsonb({"key_id": key.public.id, "signature": key.sign(record.message(log))})
    found = connection.execute("select iasql.redact(%s, %s, %s, %s, %s)", [row, list(path), salt, reason, proof])
    return int((found.fetchone() or (0,))[0])
