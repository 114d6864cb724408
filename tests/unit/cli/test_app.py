"""The command line before it reaches any database: help, exit codes, and what is said when something is wrong."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


def iasql(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """The command as a user runs it."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("IASQL_")}
    return subprocess.run(
        [sys.executable, "-m", "iasql", *arguments],
        env={**clean, "NO_COLOR": "1", **environ},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_help_is_told_and_names_the_exit_codes() -> None:
    done = iasql("--help")
    assert done.returncode == 0
    told = "Exit codes: 0 done, 1 refused or failed, 2 wrong usage (or drift), 3 no engine"
    assert told in " ".join(done.stdout.split())


def test_help_imports_neither_aws_nor_postgresql() -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "iasql", "--help"], capture_output=True, text=True, check=True
    )
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert not imported & {"boto3", "botocore", "psycopg", "moto", "rich.table"}


def test_version() -> None:
    import iasql as package

    assert iasql("--version").stdout == f"iasql {package.__version__}\n"


@pytest.mark.parametrize(
    "arguments", [("nonsense",), ("up", "--port", "0"), ("up", "--port", "x"), ("run",), ("status", "--nix")]
)
def test_wrong_usage_is_2(arguments: tuple[str, ...]) -> None:
    done = iasql(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("status",),
        ("sql", "-c", "select 1"),
        ("install", "aws_s3"),
        ("user", "add", "ann"),
        ("database", "create", "two"),
        ("database", "list"),
        ("database", "drop", "two", "--yes"),
        ("run", __file__),
        ("down",),
    ],
    ids=" ".join,
)
def test_no_server_is_3_and_says_how_to_start_one(arguments: tuple[str, ...], tmp_path: Path) -> None:
    done = iasql(*arguments, "--data-dir", str(tmp_path))
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith("error: ")
    assert "hint: " in done.stderr
    assert "Traceback" not in done.stderr


def test_a_server_that_does_not_answer_is_3_and_its_password_stays_unsaid() -> None:
    done = iasql("status", "--dsn", "postgresql://ann:sesame@127.0.0.1:1/db?connect_timeout=2")
    assert (done.returncode, done.stdout) == (3, "")
    assert "sesame" not in done.stderr
    assert "Traceback" not in done.stderr


def test_a_dsn_that_is_none_is_refused() -> None:
    done = iasql("status", "--dsn", "nonsense:sesame")
    assert done.returncode in (1, 2)
    assert "sesame" not in done.stderr
    assert "Traceback" not in done.stderr


def test_dsn_and_data_dir_exclude_each_other(tmp_path: Path) -> None:
    done = iasql("status", "--dsn", "postgresql://127.0.0.1:1/db", "--data-dir", str(tmp_path))
    assert done.returncode == 2
    assert "give one of them" in done.stderr


def test_data_dir_is_stronger_than_the_environment(tmp_path: Path) -> None:
    done = iasql("status", "--data-dir", str(tmp_path), IASQL_DSN="postgresql://127.0.0.1:1/db")
    assert str(tmp_path) in done.stderr


def test_an_environment_variable_of_the_wrong_type_is_named(tmp_path: Path) -> None:
    done = iasql("status", "--data-dir", str(tmp_path), IASQL_PORT="many")
    assert done.returncode == 2
    assert "IASQL_PORT is 'many': a whole number is allowed" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("audit", "export", "/proc/none/x", "--data-dir", "/proc/none"), "/proc/none"),
        (("up", "--data-dir", "/proc/none/x"), "/proc/none"),
        (("status", "--dsn", "host=h port=many"), "many"),
        (("drift", "--allow-list", "/proc/none"), "/proc/none"),
        (("run", "/proc/none"), "/proc/none"),
        (("module", "add", "/proc/none"), "/proc/none"),
        (("audit", "verify", "/proc/none"), "/proc/none"),
        (("audit", "keygen", "/proc/none/key"), "/proc/none/key"),
        (("check", "no_table"), "no_table"),
        (("scaffold", "ec3", "Subnet"), "ec3"),
        (("scaffold", "ec2", "Subnets"), "Subnets"),
        (("up", "--port", "70000"), "65535"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_wrong_input_is_told_in_a_few_lines(tmp_path: Path, arguments: tuple[str, ...], told: str) -> None:
    done = iasql(*arguments, IASQL_DATA_DIR=str(tmp_path))
    assert done.returncode in (1, 2, 3)
    assert told in done.stderr
    assert len(done.stderr.splitlines()) < 8


def test_init_without_a_server_says_that_it_needs_one() -> None:
    done = iasql("init")
    assert done.returncode == 1
    assert "--dsn" in done.stderr


def test_every_command_and_option_has_help() -> None:
    from docs.pages.cli import commands
    from iasql.cli.app import app

    found = list(commands(app))
    assert len(found) >= 12
    for command in found:
        assert command.summary.endswith("."), command.name
        for option in command.options:
            assert option.help, f"{command.name} {option.name}"
