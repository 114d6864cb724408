"""The command: sets the stage, tells the story, and leaves nothing behind unless asked to."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from iasql.cli.demo.stage import Stage

TO_TRY = """\
You are in psql, on the database of the story. Five lines to try (\\q ends it):
  select name, tags from bucket;
  insert into bucket (name) values ('my-first-bucket');
  select action, table_name, id, side from iasql_sync();
  select table_name, change_type, changed_by, change from iasql_audit_log order by id desc limit 3;
  select name, signature from iasql_help();
"""


def demo(
    shell: Annotated[bool, typer.Option("--shell", help="End in psql on the demo's database.")] = False,
    keep: Annotated[bool, typer.Option("--keep", help="Leave it running and print how to connect.")] = False,
) -> None:
    """See the whole story, on this machine alone.

    Starts a PostgreSQL and a stand-in for AWS in a temporary folder, shows each statement and its result, and
    leaves nothing behind. Needs no account, no Docker and no root; asks nothing.
    """
    from iasql.cli import printed
    from iasql.cli.demo.stage import stage

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    console = printed.console()
    console.print("Starting a PostgreSQL and a stand-in for AWS in a temporary folder ...", style="dim")
    with stage(keep=keep) as place:
        _tell(console, place)
        if shell:
            _shell(place)
    _farewell(console, place, keep=keep)


def _tell(console: Console, place: Stage) -> None:
    """The story, beat by beat."""
    import boto3
    import psycopg

    from iasql.cli.demo.colleague import REGION
    from iasql.cli.demo.script import beats
    from iasql.cli.demo.teller import Teller

    os.environ.clear()
    os.environ.update(place.environ)  # a profile of the person's own must not reach the boto3 of the story
    aws = boto3.Session(region_name=REGION)
    with psycopg.connect(place.dsn, autocommit=True) as connection:
        teller = Teller(console=console, connection=connection, aws=aws)
        for beat in beats():
            teller.tell(beat)


def _shell(place: Stage) -> None:
    """psql in front of the person; Ctrl-C is psql's meanwhile."""
    from iasql.server.binaries import psql

    print(f"\n{TO_TRY}")
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    program = str(psql(line_editing=sys.stdin.isatty()))
    subprocess.run([program, "-v", "SHOW_CONTEXT=never", "-d", place.dsn], check=False)
    signal.signal(signal.SIGINT, before)


def _farewell(console: Console, place: Stage, *, keep: bool) -> None:
    """What to do next."""
    console.print()
    if keep:
        console.print("It goes on running. Connect, and end it:", style="bold")
        console.print(f"  psql '{place.dsn}'", markup=False, soft_wrap=True)
        console.print(f"  AWS_ENDPOINT_URL={place.environ['AWS_ENDPOINT_URL']}", markup=False, soft_wrap=True)
        console.print(f"  iasql down --data-dir {place.folder}", markup=False, soft_wrap=True)
        return
    console.print("Nothing is left running. Next, with psql on the same stand-in:", style="bold")
    console.print("  iasql demo --shell")
    console.print("or for real, with the AWS credentials of this shell:")
    console.print("  iasql up")
