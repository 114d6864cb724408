"""What a process was told, from its environment and its arguments."""

from __future__ import annotations

from pathlib import Path

import attrs
import pytest

from iasql.settings import Settings, variable


def test_nothing_told_gives_the_defaults() -> None:
    assert Settings.read({}) == Settings()


def test_every_field_has_a_variable_of_its_name() -> None:
    told = {
        "IASQL_DSN": "postgresql://h/d",
        "IASQL_DATA_DIR": "/data",
        "IASQL_PORT": "5433",
        "IASQL_DATABASE": "prod",
        "IASQL_SYNC_INTERVAL": "1.5",
        "IASQL_CONNECT_SECONDS": "2",
        "IASQL_READ_SECONDS": "3",
        "IASQL_LOG_LEVEL": "debug",
        "IASQL_AUDIT_KEY": "/keys/audit",
        "IASQL_AUDIT_PUBLISH": "s3://digests",
    }
    assert {variable(field.name) for field in attrs.fields(Settings)} == set(told)
    assert Settings.read(told) == Settings(
        dsn="postgresql://h/d",
        data_dir=Path("/data"),
        port=5433,
        database="prod",
        sync_interval=1.5,
        connect_seconds=2.0,
        read_seconds=3.0,
        log_level="DEBUG",
        audit_key=Path("/keys/audit"),
        audit_publish="s3://digests",
    )


def test_an_argument_is_stronger_than_the_environment_and_none_is_no_argument() -> None:
    environ = {"IASQL_DATABASE": "a", "IASQL_PORT": "1"}
    assert Settings.read(environ, database="b", port=None) == Settings(database="b", port=1)


def test_a_data_folder_given_as_argument_means_the_embedded_server() -> None:
    assert Settings.read({"IASQL_DSN": "postgresql://h/d"}, data_dir=Path("/data")).dsn is None


def test_an_empty_variable_says_nothing() -> None:
    assert Settings.read({"IASQL_DSN": ""}).dsn is None


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("IASQL_PORT", "many", "a whole number"),
        ("IASQL_SYNC_INTERVAL", "-1", "a number"),
        ("IASQL_SYNC_INTERVAL", "nan", "a number"),
        ("IASQL_LOG_LEVEL", "loud", "DEBUG, INFO"),
    ],
)
def test_a_value_that_is_none_is_refused_by_name(name: str, value: str, allowed: str) -> None:
    with pytest.raises(ValueError, match=f"{name} is '{value}': {allowed}"):
        Settings.read({name: value})
