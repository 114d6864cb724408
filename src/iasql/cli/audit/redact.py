"""`iasql audit redact`: one value leaves the log for good."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from iasql.cli.options import Database, DataDir, Dsn, Json


def redact(
    row: Annotated[int, typer.Argument(help="The id of the row in iasql_audit_log.")],
    path: Annotated[str, typer.Argument(help="Where: message, or e.g. change.original.tags.owner.")],
    reason: Annotated[str, typer.Option(help="Why; it is kept on record.")],
    key: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The private key: without it, verification by key refuses the row."),
    ] = None,
    everywhere: Annotated[
        bool, typer.Option("--everywhere", help="Also wherever else in the log the very same value stands.")
    ] = False,
    dsn: Dsn = None,
    data_dir: DataDir = None,
    database: Database = None,
    as_json: Json = False,
) -> None:
    """Remove one value from the log, with a record of who did it and why.

    Everything else still verifies, and verification says what was redacted. The row of the table must not have the
    value any more. Exports, archives and backups that were made before keep it: see to those, too.
    """
    from iasql.cli import printed
    from iasql.cli.audit.engine import engine
    from iasql.evidence.key import PrivateKey
    from iasql.evidence.redact import redact as remove

    signer = PrivateKey.read(key) if key else None
    with engine(dsn, data_dir, database) as connection:
        found = remove(connection, row, tuple(path.split(".")), reason, signer, everywhere=everywhere)
    printed.rows(found, as_json=as_json)
