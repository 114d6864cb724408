"""The SQL examples of the documentation run, page by page, and give what the page shows."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from docs.pages import functions
from docs.pages.examples import Example, examples
from docs.pages.written import ROOT
from iasql.cli.demo.stage import Stage, stage
from iasql.db import added
from iasql.engine import manifest
from iasql.modules import discover

CANDIDATES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
PAGES = [str(page.relative_to(ROOT)) for page in CANDIDATES if "<!-- tested -->" in page.read_text()]


@pytest.fixture(scope="module")
def place() -> Iterator[Stage]:
    """Every module is installed, and one more can be; two regions are read."""
    with stage(keep=False) as running:
        with psycopg.connect(running.dsn, autocommit=True) as connection:
            connection.execute("select iasql_install('aws_account')")
            connection.execute("update aws_regions set is_enabled = region in ('us-east-1', 'eu-west-1')")
            connection.execute("select iasql_install(variadic %s)", [list(discover())])
            added.add(connection, manifest.read(ROOT / "docs/how-to/web_site"))
        yield running


@pytest.mark.parametrize("name", PAGES)
def test_examples(name: str, place: Stage) -> None:
    with psycopg.connect(place.dsn, autocommit=True) as connection:
        for example in examples(ROOT / name):
            rows = _run(connection, example)
            assert example.fits(rows), f"{name}:{example.line} gives\n" + "\n".join(rows)


def _run(connection: psycopg.Connection, example: Example) -> list[str]:
    rows: list[str] = []
    for number, statement in enumerate(example.statements, 1):
        try:
            cursor = connection.execute(statement.encode())
        except psycopg.Error as error:
            if number < len(example.statements) or not example.fails:
                raise
            return list(told(error))
        found = cursor.fetchall() if cursor.description else []
        rows = [" | ".join("" if cell is None else str(cell) for cell in row) for row in found]
    return rows


def told(error: psycopg.Error) -> Iterator[str]:
    """An error as psql shows it, but for the lines of PL/pgSQL that it came by."""
    diag = error.diag
    for name, text in (("ERROR", diag.message_primary), ("DETAIL", diag.message_detail), ("HINT", diag.message_hint)):
        if text is not None:
            yield from f"{name}:  {text}".splitlines()


def test_every_sql_function_is_documented(place: Stage) -> None:
    with psycopg.connect(place.dsn, autocommit=True) as connection:
        page = functions.page(functions.told(connection))
    assert page == (ROOT / functions.PATH).read_text(), "python -m docs.pages --sql"


def test_there_are_examples() -> None:
    assert {"README.md", "docs/tutorial.md"} <= set(PAGES)
