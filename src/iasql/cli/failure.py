"""What a command says when it could not do what it was asked: a line or three on stderr and an exit code."""

from __future__ import annotations

import os
import sys
from typing import NoReturn

from iasql.errors import IasqlError

FAILED = 1
NO_ENGINE = 3  # or no database

UNREACHABLE = ("08", "57P", "58000")  # SQLSTATEs that begin so say that nobody is there


def expected() -> tuple[type[Exception], ...]:
    """The errors that are answers, not defects; libraries are imported only now that something went wrong."""
    import psycopg
    from boto3.exceptions import Boto3Error
    from botocore.exceptions import BotoCoreError, ClientError

    return (IasqlError, psycopg.Error, OSError, Boto3Error, BotoCoreError, ClientError, ExitCode)


class ExitCode(Exception):
    """A command that has said what is wrong itself and only has an exit code left to give."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def end(error: Exception) -> NoReturn:
    """Tells the error and ends the process with its exit code."""
    if isinstance(error, ExitCode):
        raise SystemExit(error.code)
    if os.environ.get("IASQL_LOG_LEVEL", "").upper() == "DEBUG":
        raise error
    print("\n".join(lines(error)), file=sys.stderr)
    raise SystemExit(exit_code(error))


def exit_code(error: Exception) -> int:
    """3 where no engine or no database answered, else 1."""
    import psycopg

    state = getattr(error, "sqlstate", None)
    if state is None:
        return NO_ENGINE if isinstance(error, psycopg.OperationalError) else FAILED
    return NO_ENGINE if str(state).startswith(UNREACHABLE) else FAILED


def lines(error: Exception) -> list[str]:
    """The error as a person reads it: what, more about it, and what to do."""
    message, detail, hint = _parts(error)
    told = [f"error: {message}"]
    told += [f"detail: {detail}"] if detail else []
    return told + ([f"hint: {hint}"] if hint else [])


def _parts(error: Exception) -> tuple[str, str | None, str | None]:
    import psycopg

    if isinstance(error, psycopg.Error):
        diagnosis = error.diag
        message = diagnosis.message_primary or " ".join(str(error).split())
        return message, diagnosis.message_detail, diagnosis.message_hint
    if isinstance(error, OSError) and error.filename and error.strerror:
        return f"{error.filename}: {error.strerror}", None, None
    return str(error), getattr(error, "detail", None), getattr(error, "hint", None)
