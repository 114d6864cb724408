"""What a failed command says and exits with."""

from __future__ import annotations

import psycopg
import pytest

from iasql.cli import failure
from iasql.errors import Busy, IasqlError, NoEngine, Refused


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Refused("no"), 1),
        (Busy("no"), 1),
        (NoEngine("no"), 3),
        (psycopg.OperationalError("connection refused"), 3),
        (psycopg.errors.AdminShutdown("terminating connection"), 3),
        (psycopg.errors.SystemError("the engine is not running"), 3),
        (psycopg.errors.SyntaxError("syntax error"), 1),
        (psycopg.errors.InsufficientPrivilege("permission denied"), 1),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
)
def test_exit_codes(error: Exception, code: int) -> None:
    assert failure.exit_code(error) == code


def test_detail_and_hint_have_a_line_each() -> None:
    assert failure.lines(IasqlError("what", detail="where", hint="how")) == [
        "error: what",
        "detail: where",
        "hint: how",
    ]


def test_a_message_alone_is_one_line() -> None:
    assert failure.lines(psycopg.OperationalError("connection failed:\n\tis the server running?")) == [
        "error: connection failed: is the server running?"
    ]
