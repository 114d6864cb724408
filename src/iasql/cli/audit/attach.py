"""`iasql audit attach`: an archive comes back into the log."""

from __future__ import annotations

from typing import Annotated

import typer

from iasql.cli.options import Database, DataDir, Dsn, Json


def attach(
    place: Annotated[
        str | None,
        typer.Argument(help="Where the archive is (default: where it was put): a folder, or s3://bucket/prefix."),
    ] = None,
    dsn: Dsn = None,
    data_dir: DataDir = None,
    database: Database = None,
    as_json: Json = False,
) -> None:
    """Bring the youngest archive back into the log.

    Its rows are verified against the seals that stayed; history, restore and all other readings then reach as far
    back as it does. Repeat it for the one before; `iasql audit archive` moves them away again.
    """
    from iasql.cli import printed
    from iasql.cli.audit.engine import engine
    from iasql.cli.audit.progress import told
    from iasql.evidence.archive import attach as bring_back
    from iasql.evidence.place import place as named

    with engine(dsn, data_dir, database) as connection, told("attaching") as progress:
        found = bring_back(connection, named(place) if place else None, progress)
    printed.rows([found], as_json=as_json)
