"""The options that several commands share: the same name and meaning everywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Dsn = Annotated[
    str | None,
    typer.Option("--dsn", metavar="DSN", help="An external PostgreSQL, e.g. postgresql://me@host/db (or IASQL_DSN)."),
]
DataDir = Annotated[
    Path | None,
    typer.Option("--data-dir", metavar="DIR", help="The folder of the embedded server (or IASQL_DATA_DIR)."),
]
Database = Annotated[
    str | None,
    typer.Option("--database", metavar="NAME", help="The database (or IASQL_DATABASE; else the DSN's, else iasql)."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
