"""`iasql run FILE`: a file of SQL as one IaSQL transaction."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Annotated

import typer

from iasql.cli.options import Database, DataDir, Dsn


def run(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, allow_dash=True, help="SQL, as psql reads it.")],
    dsn: Dsn = None,
    data_dir: DataDir = None,
    database: Database = None,
    message: Annotated[
        str | None, typer.Option("--message", "-m", metavar="TEXT", help="Why; the log keeps it (default: the name).")
    ] = None,
    dry: Annotated[bool, typer.Option("--preview", help="Show the plan and roll back.")] = False,
) -> None:
    """Run a file of SQL as one transaction.

    That is: begin, the file, commit; an error anywhere rolls all of it back.
    """
    from iasql import transaction
    from iasql.cli.target import target

    place = target(dsn, data_dir, database)
    place.export_password()
    if dry:
        _preview(place.dsn, file, message or file.name)
        return
    with transaction(place.dsn, message or file.name):
        _psql(place.dsn, file)


def _psql(dsn: str, file: Path) -> None:
    """The file through psql, which stops at the first error and has said it by then."""
    from iasql.cli.failure import FAILED, ExitCode
    from iasql.server.binaries import psql

    options = ("-X", "-q", "-v", "SHOW_CONTEXT=never", "-v", "ON_ERROR_STOP=1")
    command = [str(psql()), *options, "-d", dsn, "-f", str(file)]
    if subprocess.run(command, check=False).returncode != 0:
        raise ExitCode(FAILED)


def _preview(dsn: str, file: Path, message: str) -> None:
    """Begins, runs the file, prints the plan, and rolls back whatever happened."""
    import psycopg
    from psycopg.rows import dict_row

    from iasql.cli import printed

    with psycopg.connect(dsn, autocommit=True, row_factory=dict_row) as connection:
        connection.execute("select * from iasql_begin(%s::text)", [message])
        try:
            _psql(dsn, file)
            found = connection.execute("select action, table_name, id, description from iasql_preview()").fetchall()
            printed.rows(found, as_json=False, empty="Nothing would change.")
        finally:
            connection.execute("select * from iasql_rollback()")
