"""How a command prints rows: a table for people, JSON for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

Row = Mapping[str, object]
WIDTH = 160  # of a table that goes to a file or a pipe


def console() -> Console:
    """Standard output; as wide as its terminal, or wide enough for a table where there is none."""
    from rich.console import Console

    return Console(highlight=False, soft_wrap=False, width=None if sys.stdout.isatty() else WIDTH)


def rows(found: Sequence[Row], *, as_json: bool, empty: str = "none") -> None:
    """Prints rows to standard output."""
    if as_json:
        print(json.dumps([dict(row) for row in found], indent=2, default=str))
    elif not found:
        print(empty)
    else:
        console().print(table(found))


def table(found: Sequence[Row]) -> Table:
    """Rows as a table, a column for each name that the first row has."""
    from rich import box
    from rich.table import Table

    grid = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold")
    for name in found[0]:
        grid.add_column(name, overflow="fold")
    for row in found:
        grid.add_row(*(_cell(value) for value in row.values()))
    return grid


def _cell(value: object) -> str:
    from rich.markup import escape

    if value is None:
        return ""
    return escape(json.dumps(value, default=str) if isinstance(value, (bool, dict, list)) else str(value))
