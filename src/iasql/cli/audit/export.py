"""`iasql audit export`: the full population of changes, with what proves it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from iasql.cli.options import Database, DataDir, Dsn, Json


class Form(StrEnum):
    """What the files are."""

    csv = "csv"
    json = "json"
    parquet = "parquet"


FORMS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"]


def export(
    output: Annotated[Path, typer.Argument(help="A new folder for the files.")],
    since: Annotated[
        datetime | None,
        typer.Option("--from", formats=FORMS, help="From this moment on, in UTC (default: all there is)."),
    ] = None,
    until: Annotated[
        datetime | None, typer.Option("--to", formats=FORMS, help="To before this moment, in UTC (default: now).")
    ] = None,
    form: Annotated[Form, typer.Option("--format", help="The form of the files.")] = Form.csv,
    sample: Annotated[int | None, typer.Option(min=1, help="Also draw so many changes of users at random.")] = None,
    seed: Annotated[str, typer.Option(help="The seed of the sample: the same one draws the same changes.")] = "0",
    dsn: Dsn = None,
    data_dir: DataDir = None,
    database: Database = None,
    as_json: Json = False,
) -> None:
    """Export evidence for auditors.

    Every change with who, when, what before and after, why, who approved it, and the AWS calls that carried it out; the
    seals that prove that nothing is missing; grants, settings, engine starts and refused attempts; and a manifest.
    """
    from iasql.cli import printed
    from iasql.cli.audit.progress import told
    from iasql.cli.target import target
    from iasql.evidence.export import export as write
    from iasql.evidence.sample import Sample

    drawn = Sample(sample, seed) if sample is not None else None
    place = target(dsn, data_dir, database)
    with place.connect() as connection, told("exporting") as progress:
        manifest = write(
            connection, output, form.value, since=_utc(since), until=_utc(until), sample=drawn, progress=progress
        )
    rows = [{"file": name, "rows": each["rows"], "sha256": each["sha256"]} for name, each in manifest.files.items()]
    printed.rows(rows, as_json=as_json)


def _utc(moment: datetime | None) -> datetime | None:
    from datetime import UTC

    return moment if moment is None or moment.tzinfo else moment.replace(tzinfo=UTC)
