"""The page of SQL functions, made from what iasql_help() answers when every module is installed."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from pathlib import Path

import psycopg

from iasql.cli.demo.stage import stage
from iasql.modules import discover

PATH = Path("docs/reference/sql.md")
Help = tuple[str, str, str, str, str]
MANY = 20
"""More functions of a module than this that take and give the same are shown as one."""

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
    alike = {signature for signature, count in Counter(row[2] for row in rows).items() if count > MANY}
    single = "".join(_function(row) for row in rows if row[2] not in alike)
    families = "".join(_family([row for row in rows if row[2] == signature]) for signature in sorted(alike))
    return f"\n## {title}\n" + single + families


def _family(rows: list[Help]) -> str:
    """Functions that take and give the same: the one with the shortest name stands for all."""
    shown = min(rows, key=lambda row: (len(row[1]), row[1]))
    return (
        _function(shown) + f"\nThe module has many such: `select name from iasql_help() where module = '{shown[0]}'`.\n"
    )


def _function(row: Help) -> str:
    _, name, signature, description, sample = row
    example = f"\n```sql\n{sample.rstrip(';')};\n```\n" if sample else ""
    shown = name + signature.replace(") => (", ")\n  => (")
    return f"\n### {name}\n\n{description}\n\n```text\n{shown}\n```\n{example}"
