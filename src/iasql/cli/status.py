"""`iasql status`: whether an engine answers, and what it is doing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.resources import files
from itertools import groupby
from typing import TYPE_CHECKING, Any

from iasql.cli.options import Database, DataDir, Dsn, Json

if TYPE_CHECKING:
    import psycopg

ANSWER_WITHIN = "5s"
TITLES = {
    "modules": "Modules",
    "transaction": "Open transaction",
    "freshness": "Last sync",
    "conflicts": "Conflicts",
}


def status(dsn: Dsn = None, data_dir: DataDir = None, database: Database = None, as_json: Json = False) -> None:
    """Tell whether an engine answers, and more.

    Shows version, modules, open transaction, the last sync of each table and region, and conflicts.
    Exits 0 when an engine answers, 3 when there is none.
    """
    from iasql.cli.target import target

    place = target(dsn, data_dir, database)
    with place.connect() as connection:
        version = _version(connection)
        found = connection.execute(files("iasql.cli").joinpath("status.sql").read_bytes()).fetchone()
    assert found is not None
    told = {"version": version, "dsn": place.dsn, "database": place.database, **found[0]}
    print(json.dumps(told, indent=2)) if as_json else _print(told)


def _version(connection: psycopg.Connection) -> str:
    """The engine's version, asked of the engine itself, so that a silent one does not pass."""
    connection.execute("select set_config('statement_timeout', %s, false)", [ANSWER_WITHIN])
    known: dict[str, str] = dict(
        connection.execute("select module_name, module_version from iasql_modules_list()").fetchall()
    )
    return str(known.get("iasql_platform", "of unknown version"))


def _print(told: dict[str, Any]) -> None:
    from iasql.cli import printed

    print(f"IaSQL {told['version']} answers at {told['dsn']}")
    found = {**told, "freshness": list(_by_table(told["freshness"]))}
    for name, title in TITLES.items():
        print(f"\n{title}:")
        printed.rows(found[name], as_json=False)


def _by_table(freshness: list[dict[str, Any]]) -> Iterator[dict[str, str]]:
    """The regions of a table in one row: how many there are, the oldest success, and what failed."""
    for table, each in groupby(freshness, key=lambda row: row["table_name"]):
        regions = list(each)
        seen = [row["last_ok"] for row in regions]
        errors = [f"{row['region'] or table}: {row['error']}" for row in regions if row["error"]]
        oldest = "never" if None in seen else str(min(seen))[:19].replace("T", " ")
        yield {"table": table, "regions": str(len(regions)), "last sync (UTC)": oldest, "failed": "; ".join(errors)}
