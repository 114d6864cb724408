"""`iasql drift`: what differs from the last agreed state; nothing is written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any

import typer

from iasql.cli.options import Database, DataDir, Dsn, Json

DRIFTED = 2
REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")
SHOWN = ("side", "kind", "table_name", "description", "column_name", "agreed", "present", "changed_by", "event")


def drift(
    tables: Annotated[list[str] | None, typer.Argument(help="Tables; default: all of them.")] = None,
    allow: Annotated[
        list[str] | None,
        typer.Option("--allow", metavar="PATTERN", help="Leave this out: table/name/column, each may be *."),
    ] = None,
    allow_list: Annotated[
        Path | None, typer.Option("--allow-list", metavar="FILE", help="A file of such patterns, one a line.")
    ] = None,
    dsn: Dsn = None,
    data_dir: DataDir = None,
    database: Database = None,
    as_json: Json = False,
) -> None:
    """Tell what differs from what the tables and AWS last agreed on.

    Reads all of AWS and writes nothing. Exits 0 when nothing differs, 2 when something does, 1 when not all of it
    could be read. Changes made in AWS name whoever made them, where CloudTrail can be read and tells it.
    """
    from psycopg.rows import dict_row

    from iasql.cli import printed
    from iasql.cli.failure import FAILED, ExitCode
    from iasql.cli.target import target

    patterns = [*(allow or ()), *(_lines(allow_list) if allow_list is not None else ())]
    with target(dsn, data_dir, database).connect() as connection, connection.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute("select * from iasql_drift(%s)", [tables or None]).fetchall()
    left = [row for row in found if not is_allowed(row, patterns)]
    unread = [row for row in left if row["kind"] == "unread"]
    shown = left if as_json else [{name: row[name] for name in SHOWN} for row in left if row["kind"] != "unread"]
    printed.rows(shown, as_json=as_json, empty="nothing differs")
    for row in unread:
        typer.echo(f"{row['table_name']} in {row['description']} could not be read: {row['reason']}", err=True)
    if left:
        raise ExitCode(FAILED if unread else DRIFTED)


def is_allowed(row: dict[str, Any], patterns: list[str]) -> bool:
    """Whether one of the patterns means this difference, or the whole row or table that it is of."""
    found = [(row["table_name"], name, row["column_name"] or "*") for name in _names(row["description"])]
    told = ["/".join(parts[:length]) for parts in found for length in (1, 2, 3)]
    return any(fnmatchcase(name, pattern) for pattern in patterns for name in told)


def _names(description: str) -> Iterator[str]:
    """What a pattern may call a row: its whole name, or that without the region."""
    yield description
    name, _, region = description.rpartition("|")
    if REGION.fullmatch(region):
        yield name


def _lines(path: Path) -> list[str]:
    """The patterns of a file, without blank lines and comments."""
    from iasql.errors import InvalidArgument

    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise InvalidArgument(f"{path} cannot be read: {error.strerror}") from error
    return [line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
