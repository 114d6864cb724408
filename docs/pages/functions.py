"""The page of SQL functions, made from what iasql_help() answers when every module is installed."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

import psycopg

from iasql.cli.demo.stage import stage
from iasql.modules import discover

PATH = Path("docs/reference/sql.md")
Help = tuple[str, str, str, str, str]

HEAD = """\
# SQL functions

All of them answer `select * from f(...)` and take named arguments: `iasql_commit(message => 'why')`. In the database,
`select * from iasql_help()` shows those of the modules that are installed.
"""


def asked() -> str:
    """The page as a running engine tells it."""
    with stage(keep=False) as place, psycopg.connect(place.dsn, autocommit=True) as connection:
        connection.execute("select iasql_install(variadic %s)", [list(discover())])
        return page(told(connection))


def told(connection: psycopg.Connection) -> list[Help]:
    """Module, name, signature, description and sample of each function."""
    question = "select module, name, signature, description, sample_usage from iasql_help()"
    return sorted(connection.execute(question).fetchall(), key=lambda row: (row[0] != "iasql_functions", *row[:3]))


def page(functions: list[Help]) -> str:
    """The whole page."""
    sections = [_section(module, list(rows)) for module, rows in groupby(functions, key=lambda row: row[0])]
    return HEAD + "".join(sections)


def _section(module: str, rows: list[Help]) -> str:
    title = "Everywhere" if module == "iasql_functions" else module
    return f"\n## {title}\n" + "".join(map(_function, rows))


def _function(row: Help) -> str:
    _, name, signature, description, sample = row
    example = f"\n```sql\n{sample.rstrip(';')};\n```\n" if sample else ""
    shown = name + signature.replace(") => (", ")\n  => (")
    return f"\n### {name}\n\n{description}\n\n```text\n{shown}\n```\n{example}"
