"""The page of errors, made from their tree."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

from iasql.errors import IasqlError

HEAD = """\
# Errors

An error that IaSQL raises in SQL has a SQLSTATE, a message, and mostly a detail and a hint. In Python the same are
`psycopg.Error.sqlstate` and `.diag`.

| SQLSTATE | name | meaning |
|---|---|---|
"""


def page() -> str:
    """The whole page."""
    return HEAD + "".join(_row(error) for error in _tree(IasqlError))


def _row(error: type[IasqlError]) -> str:
    meaning = (inspect.getdoc(error) or "").partition("\n")[0]
    return f"| `{error.sqlstate}` | {error.__name__} | {meaning} |\n"


def _tree(error: type[IasqlError]) -> Iterator[type[IasqlError]]:
    for child in error.__subclasses__():
        if child.__module__ == IasqlError.__module__:
            yield child
            yield from _tree(child)
