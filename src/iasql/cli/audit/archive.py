"""`iasql audit archive`: old partitions of the log leave the database."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from iasql.cli.options import Database, DataDir, Dsn, Json


def archive(
    place: Annotated[str, typer.Argument(help="Where to: a folder, or s3://bucket/prefix.")],
    before: Annotated[
        datetime, typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"], help="Move what is older than this (UTC).")
    ],
    dsn: Dsn = None,
    data_dir: DataDir = None,
    database: Database = None,
    as_json: Json = False,
) -> None:
    """Move old, sealed partitions of the log to Parquet files.

    A new partition begins each month, and after a million rows. What was moved is read back and verified before it
    leaves the database; what the engine must go on knowing of it stays.
    """
    from datetime import UTC

    from iasql.cli import printed
    from iasql.cli.audit.engine import engine
    from iasql.cli.audit.progress import told
    from iasql.evidence.archive import archive as move
    from iasql.evidence.place import place as named

    with engine(dsn, data_dir, database) as connection, told("archiving") as progress:
        found = move(connection, named(place), before.replace(tzinfo=UTC), progress)
    printed.rows([found], as_json=as_json)
