"""`iasql sql`: a psql on the database."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from iasql.cli.options import Database, DataDir, Dsn


def sql(
    dsn: Dsn = None,
    data_dir: DataDir = None,
    database: Database = None,
    command: Annotated[
        list[str] | None, typer.Option("--command", "-c", metavar="SQL", help="Run this and exit; may be repeated.")
    ] = None,
    superuser: Annotated[bool, typer.Option("--superuser", help="Log in as superuser (embedded server only).")] = False,
) -> None:
    """Open psql on the database, or run SQL.

    With -c, or a script on standard input, it stops at the first error and exits.
    """
    from iasql.cli.target import target
    from iasql.server.binaries import psql

    place = target(dsn, data_dir, database)
    place.export_password()
    name = place.address.dsn(_superuser(place.embedded is not None), place.database) if superuser else place.dsn
    person = sys.stdin.isatty() and not command
    program = str(psql(line_editing=person))
    script = () if person else ("-X", "-v", "ON_ERROR_STOP=1")
    texts = [part for text in command or [] for part in ("-c", text)]
    os.execv(program, [program, "-v", "SHOW_CONTEXT=never", *script, "-d", name, *texts])  # noqa: S606


def _superuser(on_our_own_server: bool) -> str:
    from iasql.errors import PermissionDenied
    from iasql.server.embedded import SUPERUSER

    if not on_our_own_server:
        raise PermissionDenied(
            "--superuser works on the embedded server only.", hint="Name the superuser in the DSN instead."
        )
    return SUPERUSER
