"""Signs new seals and publishes them outside of the database, where whoever owns the database cannot take them back.

A published seal is a small file: `<log>/<number>-<digest>.json`. Its name alone says what the seal was.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import attrs
import psycopg

from iasql.evidence.seal import Seal

if TYPE_CHECKING:
    from iasql.evidence.key import PrivateKey
    from iasql.evidence.place import Place

logger = logging.getLogger(__name__)
SEALS = files("iasql.evidence").joinpath("seals.sql").read_bytes()
BATCH = 500


@attrs.define(kw_only=True)
class Publisher:
    """Signs with `key`, where there is one, and publishes to `to`, where that is configured."""

    key: PrivateKey | None = None
    to: Place | None = None
    _top: int | None = attrs.field(default=None, init=False)

    def catch_up(self, connection: psycopg.Connection) -> int:
        """Signs and publishes what is not yet; how many seals. `connection` is the engine's, in autocommit mode."""
        log = log_of(connection)
        signed = self._sign_new(connection, log)
        return signed if self.to is None else max(signed, self._publish_new(connection, log, self.to))

    def _sign_new(self, connection: psycopg.Connection, log: str) -> int:
        if self.key is None:
            return 0
        row = connection.execute("select coalesce(max(seal), 0) from iasql.audit_signature").fetchone()
        count = 0
        for seal in seals(connection, above=row[0] if row else 0):
            with connection.transaction():
                signature = self.key.sign(seal.message(log))
                connection.execute(
                    "select iasql.sign_seal(%s, %s, %s)", [seal.number, self.key.public.id, signature.encode()]
                )
            count += 1
        return count

    def _publish_new(self, connection: psycopg.Connection, log: str, to: Place) -> int:
        if self._top is None:
            self._top = max((number for number, _ in published(to, log)), default=0)
            warn_of_other_past(connection, to, log)
        waiting = list(seals(connection, above=self._top))
        told = clocks(connection, to) if waiting else {}
        for seal in waiting:
            to.put(name_of(seal, log), json.dumps({**seal.public(log), **told}, indent=1).encode())
            self._top = seal.number
        return len(waiting)


def log_of(connection: psycopg.Connection) -> str:
    """Which log this is."""
    row = connection.execute("select log::text from iasql.audit_self").fetchone()
    assert row is not None
    return str(row[0])


def seals(connection: psycopg.Connection, above: int = 0) -> Iterator[Seal]:
    """The seals above a number, in order, with their signatures."""
    while True:
        found = connection.execute(SEALS, {"above": above, "most": BATCH}).fetchall()
        for (told,) in found:
            yield Seal.of(told)
        if len(found) < BATCH:
            return
        above = found[-1][0]["number"]


def name_of(seal: Seal, log: str) -> str:
    """The name of a published seal."""
    return f"{log}/{seal.number:012d}-{seal.digest}.json"


def published(to: Place, log: str) -> Iterator[tuple[int, str]]:
    """Number and digest of every published seal of a log, in order."""
    for name in to.names(f"{log}/"):
        number, _, digest = name.rpartition("/")[2].removesuffix(".json").partition("-")
        if number.isdigit() and digest:
            yield int(number), digest


def warn_of_other_past(connection: psycopg.Connection, to: Place, log: str) -> None:
    """Tells the engine's log when the database has another past than what was published of it."""
    ours = {seal.number: seal.digest for seal in seals(connection)}
    other = next((number for number, digest in published(to, log) if ours.get(number) != digest), None)
    if other is not None:
        logger.error(
            "seal %d was published to %s, and the database has another or none: the log was changed", other, to
        )


def clocks(connection: psycopg.Connection, to: Place) -> dict[str, Any]:
    """When this was published, and how far the database's clock is ahead of AWS's (seconds; to about one)."""
    aws = to.clock()
    row = connection.execute("select clock_timestamp()").fetchone()
    ours = row[0] if row else datetime.now(UTC)
    skew = None if aws is None else round((ours - aws).total_seconds(), 3)
    return {
        "published_at": ours.astimezone(UTC).isoformat(),
        "aws_clock": aws and aws.isoformat(),
        "skew_seconds": skew,
    }
