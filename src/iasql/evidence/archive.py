"""The archive: partitions of the log as Parquet files, and back again.

An archive is a folder `<log>/archive/<low>-<high>/` with the rows, their digests, what had been carried over from
before them, and a manifest. Nothing leaves the database before its copy was read back from where it is kept.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import attrs
import psycopg
from psycopg import sql

from iasql.errors import InvalidArgument, Refused
from iasql.evidence import manifest as manifests
from iasql.evidence import publish
from iasql.evidence.chain import Chain
from iasql.evidence.change import LOGGED, PROOF, Change, as_logged, digest
from iasql.evidence.export import BATCH, EARLY, FAR, query
from iasql.evidence.formats import named
from iasql.evidence.manifest import Range, sha256
from iasql.evidence.place import Place, place
from iasql.evidence.verdict import Verdict

COLUMNS = (*LOGGED, *PROOF)
ROWS, EARLIER = manifests.ARCHIVED, "carried.parquet"
STORED = (
    "id", "ts", "xact", "user", "changed_by", "client_addr", "application_name", "origin", "restores", "table_name",
    "change_type", "key", "change", "message", "transaction_id",
)  # fmt: skip
Progress = Callable[[int, int], None]


def archive(connection: psycopg.Connection, to: Place, before: datetime, progress: Progress) -> dict[str, Any]:
    """Moves every partition that is older and sealed; what was moved. Raises Refused when there is none."""
    row = connection.execute("select low, high, why_not from iasql.archivable(%s)", [before]).fetchone()
    assert row is not None
    if row[1] is None:
        raise Refused(f"nothing can be archived: {row[2]}")
    span = Range(low=row[0], high=row[1])
    log = publish.log_of(connection)
    with tempfile.TemporaryDirectory(prefix="iasql-archive-") as folder:
        told = _write(connection, Path(folder), span, progress)
        for name in told:
            to.send(Path(folder) / name, f"{span.folder(log)}/{name}")
    with tempfile.TemporaryDirectory(prefix="iasql-archive-") as folder:
        _fetch(to, span.folder(log), Path(folder), told)
        _check(connection, Path(folder), progress)
    to.put(
        f"{span.folder(log)}/{manifests.NAME}", json.dumps({"log": log, **attrs.asdict(span), "files": told}).encode()
    )
    record = connection.execute(
        "select iasql.archive(%s, %s, %s, %s::jsonb)", [span.low, span.high, str(to), json.dumps(told)]
    )
    return {
        "low": span.low,
        "high": span.high - 1,
        "rows": told[ROWS]["rows"],
        "place": str(to),
        "record": (record.fetchone() or (0,))[0],
    }


def attach(connection: psycopg.Connection, source: Place | None, progress: Progress) -> dict[str, Any]:
    """Brings the youngest archive back; raises Refused where its files are not those that the log tells of."""
    query = """
        select a.low, a.high, a.place, l.change->'files'
        from iasql.audit_away a join public.iasql_audit_log l on l.id = a.record order by a.low desc limit 1"""
    row = connection.execute(query).fetchone()
    if row is None:
        raise InvalidArgument("no part of the log is in an archive")
    span, files = Range(low=row[0], high=row[1]), row[3]
    with tempfile.TemporaryDirectory(prefix="iasql-attach-") as folder:
        _fetch(source or place(row[2]), span.folder(publish.log_of(connection)), Path(folder), files)
        _check(connection, Path(folder), progress)
        with connection.transaction():
            record = _load(connection, Path(folder), span)
    return {"low": span.low, "high": span.high - 1, "rows": files[ROWS]["rows"], "place": row[2], "record": record}


def _write(connection: psycopg.Connection, folder: Path, span: Range, progress: Progress) -> dict[str, dict[str, Any]]:
    told = {}
    with connection.transaction():
        connection.execute("set transaction isolation level repeatable read, read only")
        floor = _floor(connection, span)
        for name, low, high in ((ROWS, floor, span.high), (EARLIER, -(2**62), floor)):
            writer = named("parquet").writer(folder / name, COLUMNS)
            count = manifests.Counted()
            for rows in _batches(connection, low, high):
                writer.write(rows)
                count.rows += len(rows)
                progress(count.rows, span.high - span.low)
            writer.close()
            told[name] = count.of(folder / name)
    return told


def _floor(connection: psycopg.Connection, span: Range) -> int:
    """Where its rows begin: the first archive takes whatever lies below, later ones leave what was carried over."""
    query = "select (select max(high) from iasql.audit_away), (select min(id) from public.iasql_audit_log)"
    away, lowest = connection.execute(query).fetchone() or (None, None)
    return span.low if away is not None or lowest is None else min(span.low, lowest)


def _batches(connection: psycopg.Connection, low: int, high: int) -> Iterator[list[Any]]:
    with connection.cursor("iasql_archive") as cursor:
        cursor.execute(query("changes.sql"), {"low": low, "high": high, "since": EARLY, "until": FAR})
        while rows := cursor.fetchmany(BATCH):
            yield rows


def _fetch(source: Place, prefix: str, folder: Path, files: dict[str, dict[str, Any]]) -> None:
    for name, told in files.items():
        source.fetch(f"{prefix}/{name}", folder / name)
        if sha256(folder / name) != told["sha256"]:
            raise Refused(f"{source}/{prefix}/{name} is not the file that was archived")


def _check(connection: psycopg.Connection, folder: Path, progress: Progress) -> None:
    """Raises Refused unless the seals in the database cover exactly these rows."""
    rows = named("parquet").read(folder / ROWS)
    verdict = Verdict()
    chain = Chain(verdict, {seal.number: seal for seal in publish.seals(connection)})
    for done, change in enumerate(rows):
        number = int(change["id"] or 0)
        if digest(change) != (change["redacted"] or change["leaf"]):
            verdict.blame(f"row {number} was changed", number)
        chain.take(int(change["seal"] or 0), number, change["leaf"] or "")
        if done % BATCH == 0:
            progress(done, 0)
    chain.end()
    if not verdict.ok:
        raise Refused(f"the archive in {folder} does not verify: {verdict.problems[0].reason}")


def _load(connection: psycopg.Connection, folder: Path, span: Range) -> int:
    tables = {}
    for name, file in ((f"audit_log_{span.low}", ROWS), (f"audit_log_carried_{span.low}", EARLIER)):
        connection.execute("select iasql.new_part(%s)", [name])
        tables[file] = sql.Identifier("iasql", name)
        _copy(connection, tables[file], STORED, map(_stored, named("parquet").read(folder / file)))
    leaves = (
        [each["id"], each["seal"], _bytes(each["salt"]), _bytes(each["leaf"]), _bytes(each["redacted"])]
        for each in named("parquet").read(folder / ROWS)
    )
    _copy(connection, sql.Identifier("iasql", "audit_leaf"), ("log_id", "seal", "salt", "digest", "redacted"), leaves)
    attached = sql.SQL("select iasql.attach({}, {}::regclass, {}::regclass)").format(
        span.low, sql.Literal(tables[ROWS].as_string()), sql.Literal(tables[EARLIER].as_string())
    )
    return int((connection.execute(attached).fetchone() or (0,))[0])


def _copy(
    connection: psycopg.Connection, table: sql.Identifier, columns: tuple[str, ...], rows: Iterator[list[Any]]
) -> None:
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    with connection.cursor().copy(sql.SQL("copy {} ({}) from stdin").format(table, names)) as copy:
        for row in rows:
            copy.write_row(row)


def _stored(change: Change) -> list[str | None]:
    """The row as the log holds it."""
    return [as_logged(change) if name == "change" else change[name] for name in STORED]


def _bytes(digits: str | None) -> bytes | None:
    return None if digits is None else bytes.fromhex(digits)
