"""`iasql module`: modules of your own, in pure SQL."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from iasql.cli.options import Database, DataDir, Dsn

app = typer.Typer(no_args_is_help=True, help="Add and remove modules of your own.")


@app.command()
def add(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where module.toml and its SQL files are.")],
    dsn: Dsn = None,
    data_dir: DataDir = None,
    database: Database = None,
) -> None:
    """Add a module of your own, or another version of it.

    It can then be installed like any other; its SQL gets a user's power and never the engine's.
    """
    from iasql.cli.target import target
    from iasql.db import added
    from iasql.engine import manifest

    module = manifest.read(folder)
    with target(dsn, data_dir, database).connect() as connection:
        manifest.refuse_unfit(module, added.known(connection))
        print(f"added: {added.add(connection, module)}")
    print(f"next: iasql install {module.name}")


@app.command()
def remove(
    name: Annotated[str, typer.Argument(help="The module's name.")],
    dsn: Dsn = None,
    data_dir: DataDir = None,
    database: Database = None,
) -> None:
    """Remove a module that was added and is not installed."""
    from iasql.cli.target import target

    with target(dsn, data_dir, database).connect() as connection:
        connection.execute("select iasql_remove_module(%s)", [name])
    print(f"removed: {name}")
