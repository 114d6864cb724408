"""The command line as a whole. A command's file imports what it needs when it runs: `iasql --help` is to be fast."""

from __future__ import annotations

from typing import Annotated

import typer

import iasql
from iasql.cli import failure
from iasql.cli.audit import app as audit
from iasql.cli.check import check
from iasql.cli.database import app as database
from iasql.cli.demo.command import demo
from iasql.cli.down import down
from iasql.cli.drift import drift
from iasql.cli.init import init
from iasql.cli.install import install
from iasql.cli.module import app as module
from iasql.cli.run import run as run_file
from iasql.cli.scaffold import scaffold
from iasql.cli.sql import sql
from iasql.cli.status import status
from iasql.cli.up import up
from iasql.cli.user import app as user

app = typer.Typer(
    name="iasql",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"iasql {iasql.__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Cloud infrastructure as rows in a PostgreSQL database: insert, preview, commit, roll back.

    `iasql demo` shows all of it on this machine, without an account. `iasql up` is the real thing.

    Exit codes: 0 done, 1 refused or failed, 2 wrong usage (or drift), 3 no engine or no database.
    """


app.command()(demo)
app.command()(up)
app.command()(down)
app.command()(status)
app.command()(drift)
app.command()(sql)
app.command("run")(run_file)
app.command()(install)
app.command()(init)
app.command()(check)
app.command()(scaffold)
app.add_typer(user, name="user")
app.add_typer(module, name="module")
app.add_typer(database, name="database")
app.add_typer(audit, name="audit")


def run() -> None:
    """Runs one command; an expected error becomes a line on stderr and an exit code."""
    try:
        app()
    except SystemExit:
        raise  # first, as the next line imports psycopg
    except failure.expected() as error:
        failure.end(error)
