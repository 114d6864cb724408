"""The export of evidence: the full population of changes in a window of time, with what proves that it is full.

A folder of files: the rows, the seals with their signatures, what else the seals cover, the tables as they are, grants,
and a manifest that counts and digests all of it. Rows stream through; memory does not grow with them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import attrs
import psycopg
from psycopg import sql

import iasql
from iasql.errors import InvalidArgument
from iasql.evidence import publish
from iasql.evidence.annotator import Annotator
from iasql.evidence.change import COLUMNS, LOGGED
from iasql.evidence.formats import Format, Values, named
from iasql.evidence.manifest import Counted, Manifest
from iasql.evidence.sample import Sample

SEALS = ("number", "low", "high", "leaves", "previous", "digest", "snapshot", "sealed_at", "key_id", "signature")
STRANGERS = ("id", "seal", "leaf", "missing")
REDACTIONS = ("row", "record", "ts", "changed_by", "reason", "path", "leaf", "digest", "key_id", "signature")
GRANTS = ("role", "member", "superuser", "since")
TABLES = ("table_name", "key", "row")
PRINTED = {
    "datestyle": "ISO",
    "intervalstyle": "iso_8601",
    "bytea_output": "hex",
    "extra_float_digits": "1",
    "timezone": "UTC",
}
IMAGES = """
    select %(name)s, (select jsonb_object_agg(c, i.image->c) from unnest(%(keys)s::text[]) c)::text, i.image::text
    from (select ((r.r - 'secret_versions') || coalesce(r.r->'secret_versions', '{{}}')) - %(left_out)s::text[] image
      from (select to_jsonb(t.*) r from {} t offset 0) r offset 0) i"""
BATCH = 2000
FAR = datetime(9999, 1, 1, tzinfo=UTC)
EARLY = datetime(1, 1, 1, tzinfo=UTC)
_FIRST_PROOF = len(LOGGED)


@attrs.frozen(kw_only=True)
class Window:
    """From a moment to before another one; ids from low to below high."""

    since: datetime = EARLY
    until: datetime = FAR
    low: int = 0
    high: int = 0

    @property
    def is_open(self) -> bool:
        """Whether it ends now, so that the tables must be what the log says."""
        return self.until == FAR

    @property
    def as_parameters(self) -> dict[str, Any]:
        """For the queries."""
        return {"since": self.since, "until": self.until, "low": self.low, "high": self.high}


@attrs.frozen(kw_only=True)
class Exporter:
    """Writes one export into a folder. `connection` is an auditor's, in autocommit mode."""

    connection: psycopg.Connection
    folder: Path
    form: Format
    progress: Callable[[int, int], None] = lambda done, total: None

    def run(self, since: datetime | None, until: datetime | None, sample: Sample | None = None) -> Manifest:
        """All of it, as of one moment; raises InvalidArgument where there is such an export already."""
        if since is not None and until is not None and since >= until:
            raise InvalidArgument(f"nothing lies between {since} and {until}", hint="--from comes before --to.")
        begin(self.folder)
        with self.connection.transaction():
            self.connection.execute("set transaction isolation level repeatable read, read only")
            for name, value in {**PRINTED, "cursor_tuple_fraction": "1"}.items():
                self.connection.execute("select set_config(%s, %s, true)", [name, value])
            window = self._window(since or EARLY, until or FAR)
            manifest = self._manifest(window)
            self._changes(window, manifest, sample)
            self._seals(manifest)
            self._small("strangers", STRANGERS, "strangers.sql", window, manifest)
            self._small("redactions", REDACTIONS, "redactions.sql", window, manifest)
            self._small("grants", GRANTS, "grants.sql", window, manifest)
            if window.is_open:
                self._tables(manifest)
        manifest.write(self.folder)
        return manifest

    def _window(self, since: datetime, until: datetime) -> Window:
        row = self.connection.execute(query("window.sql"), {"since": since, "until": until}).fetchone()
        assert row is not None
        return Window(since=since, until=until, low=row[0], high=row[1])

    def _manifest(self, window: Window) -> Manifest:
        row = self.connection.execute(query("self.sql")).fetchone()
        assert row is not None
        return Manifest(
            iasql=iasql.__version__,
            form=self.form.suffix,
            since=None if window.since == EARLY else window.since.astimezone(UTC).isoformat(),
            until=None if window.until == FAR else window.until.astimezone(UTC).isoformat(),
            complete=window.is_open and window.since == EARLY and not row[0]["archives"],
            **row[0],
        )

    def _changes(self, window: Window, manifest: Manifest, sample: Sample | None) -> None:
        total = self._size(window)
        annotator = Annotator.on(self.connection)
        with self._file("changes", COLUMNS, manifest) as write:
            done = 0
            for rows in self._batches(query("changes.sql"), window.as_parameters):
                told = annotator.annotate(rows)
                full = [(*row[:_FIRST_PROOF], *more, *row[_FIRST_PROOF:]) for row, more in zip(rows, told, strict=True)]
                write(full)
                manifest.count(full)
                if sample is not None:
                    sample.see(full)
                done += len(rows)
                self.progress(done, total)
        if sample is not None:
            with self._file("sample", COLUMNS, manifest) as write:
                write(sample.drawn())
            manifest.sample = sample.told()

    def _seals(self, manifest: Manifest) -> None:
        with self._file("seals", SEALS, manifest) as write:
            for seal in publish.seals(self.connection):
                told = attrs.asdict(seal)
                write([tuple(None if told[name] is None else str(told[name]) for name in SEALS)])
                manifest.last_seal = seal.number

    def _small(self, name: str, columns: Sequence[str], file: str, window: Window, manifest: Manifest) -> None:
        with self._file(name, columns, manifest) as write:
            for rows in self._batches(query(file), window.as_parameters):
                write(rows)

    def _tables(self, manifest: Manifest) -> None:
        with self._file("tables", TABLES, manifest) as write:
            for name, rel, keys, left_out in self.connection.execute(query("watched.sql")).fetchall():
                told = {"name": name, "keys": keys, "left_out": left_out}
                for rows in self._batches(sql.SQL(IMAGES).format(sql.SQL(rel)), told):
                    write(rows)

    def _size(self, window: Window) -> int:
        return max(window.high - window.low, 0)

    def _batches(self, statement: bytes | sql.Composed, told: Mapping[str, Any]) -> Iterator[Sequence[Values]]:
        with self.connection.cursor("iasql_export") as cursor:
            cursor.execute(statement, told)
            while rows := cursor.fetchmany(BATCH):
                yield rows

    @contextmanager
    def _file(
        self, name: str, columns: Sequence[str], manifest: Manifest
    ) -> Iterator[Callable[[Sequence[Values]], None]]:
        path = self.folder / f"{name}.{self.form.suffix}"
        writer = self.form.writer(path, columns)
        count = Counted()

        def write(rows: Sequence[Values]) -> None:
            writer.write(rows)
            count.rows += len(rows)

        try:
            yield write
        finally:
            writer.close()
        manifest.files[path.name] = count.of(path)


def export(connection: psycopg.Connection, folder: Path, form: str, **told: Any) -> Manifest:
    """An export in a format by name; see Exporter."""
    progress = told.pop("progress", lambda done, total: None)
    return Exporter(connection=connection, folder=folder, form=named(form), progress=progress).run(**told)


def begin(folder: Path) -> None:
    """Makes the folder; raises InvalidArgument when something is in it."""
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise InvalidArgument(f"{folder} is not empty", hint="An export is written into a folder of its own.")


def query(name: str) -> bytes:
    """The text of a query that lies beside this file."""
    return files("iasql.evidence").joinpath(name).read_bytes()


def as_json(told: object) -> str:
    """As files hold it."""
    return json.dumps(told, indent=2, ensure_ascii=False, default=str)
