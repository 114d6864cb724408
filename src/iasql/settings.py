"""What one process was told to do, read once from its environment and its arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import attrs

DATABASE = "iasql"
SYNC_INTERVAL = 120.0


@attrs.frozen(kw_only=True)
class Settings:
    """Where the database is and how the engine runs; an argument is stronger than the environment.

    Every field has an environment variable: `data_dir` is IASQL_DATA_DIR, and so on. What AWS is asked with
    (profiles, keys, AWS_ENDPOINT_URL) is boto3's own business and stands in its own variables.
    """

    dsn: str | None = None
    """An external PostgreSQL. Without it the embedded server of `data_dir` is meant."""
    data_dir: Path | None = None
    """The folder of the embedded server; without it the platform's place for such data."""
    port: int | None = None
    """The port of the embedded server; without it 5432 or the next free one."""
    database: str | None = None
    """The database; without it the one the DSN names, else `iasql`."""
    sync_interval: float = SYNC_INTERVAL
    """Seconds between two ticks of the clock."""
    connect_seconds: float = 10.0
    """Seconds to reach AWS, after which a call counts as not sent."""
    read_seconds: float = 60.0
    """Seconds that AWS may take to answer. After a crash one waits as long as both together: a call may still land."""
    audit_key: Path | None = None
    """The private key that signs the seals of the log, made by `iasql audit keygen`; without it they are not signed."""
    audit_publish: str | None = None
    """Where seals are published, out of reach of the database's administrators: a folder, or s3://bucket/prefix."""
    log_level: str = "INFO"
    """How much the engine tells on stderr: DEBUG, INFO, WARNING or ERROR."""

    @classmethod
    def read(cls, environ: Mapping[str, str], **arguments: object) -> Settings:
        """The settings of this process; an argument that is None was not given.

        A `data_dir` given as argument means the embedded server, whatever IASQL_DSN says.
        """
        told = {name: value for name, value in arguments.items() if value is not None}
        found = _from_environment(environ)
        if "data_dir" in told:
            found.pop("dsn", None)
        return cls(**{**found, **told})  # type: ignore[arg-type]


def _from_environment(environ: Mapping[str, str]) -> dict[str, object]:
    found = {field.name: environ.get(variable(field.name)) for field in attrs.fields(Settings)}
    return {name: _value(name, text) for name, text in found.items() if text}


def _value(field: str, text: str) -> object:
    try:
        return _READ.get(field, str)(text)
    except ValueError:
        raise ValueError(f"{variable(field)} is {text!r}: {_ALLOWED.get(field, 'a number')} is allowed") from None


def variable(field: str) -> str:
    """The environment variable of a field."""
    return f"IASQL_{field.upper()}"


LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


def _level(text: str) -> str:
    return LEVELS[LEVELS.index(text.upper())]


def _interval(text: str) -> float:
    seconds = float(text)
    if not 0 <= seconds < float("inf"):
        raise ValueError
    return seconds


_READ: dict[str, Callable[[str], object]] = {
    "data_dir": Path,
    "port": int,
    "sync_interval": _interval,
    "connect_seconds": _interval,
    "read_seconds": _interval,
    "audit_key": Path,
    "log_level": _level,
}
_ALLOWED = {"log_level": ", ".join(LEVELS), "port": "a whole number"}
