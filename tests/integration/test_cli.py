"""The commands against a running engine, its PostgreSQL and a stand-in for AWS, as a user runs them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import attrs
import psycopg
import pytest

import iasql
from iasql.cli.demo.stage import Stage, stage
from iasql.cli.demo.stand_in import free_port
from iasql.cli.detached import PidFile, stop
from iasql.server.embedded import Embedded


@attrs.frozen
class Cli:
    """The command `iasql`, with the options that name the stage's server."""

    place: Stage

    def __call__(self, *arguments: str, text: str = "", code: int = 0, **environ: str) -> str:
        """Runs a command and gives what it printed; its standard error where it is to fail."""
        done = subprocess.run(
            [sys.executable, "-m", "iasql", *arguments],
            env={**self.place.environ, "IASQL_DATA_DIR": str(self.place.folder), "NO_COLOR": "1", **environ},
            input=text,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done.stderr if code else done.stdout


@pytest.fixture(scope="module")
def place() -> Iterator[Stage]:
    with stage(keep=False) as running:
        yield running


@pytest.fixture(scope="module")
def cli(place: Stage) -> Cli:
    command = Cli(place)
    command("install", "aws_sqs")
    command("sql", "-c", "update aws_regions set is_enabled = region = 'us-east-1'")
    command("sql", "-c", "select default_aws_region('us-east-1')")
    return command


def test_status_tells_version_modules_and_no_password(cli: Cli) -> None:
    told = json.loads(cli("status", "--json"))
    assert told["version"] == iasql.__version__
    assert {"aws_account", "aws_sqs"} <= {module["module_name"] for module in told["modules"]}
    assert told["transaction"] == []
    assert "passfile=" in told["dsn"]
    assert iasql.__version__ in cli("status").splitlines()[0]


def test_status_tells_who_has_a_transaction_open(cli: Cli) -> None:
    cli("sql", "-c", "select iasql_begin('why not')")
    (found,) = json.loads(cli("status", "--json"))["transaction"]
    cli("sql", "-c", "select iasql_rollback()")
    assert (found["state"], found["opened_by"], found["message"]) == ("open", "iasql", "why not")


def test_drift_exits_2_when_something_differs(cli: Cli, tmp_path: Path) -> None:
    assert "nothing differs" in cli("drift", "queue")
    cli("sql", "-c", "select iasql_begin()", "-c", "insert into queue (name) values ('drifting')")
    cli("drift", "--json", code=2)
    cli("drift", "queue", "--allow", "queue/other*", code=2)
    assert json.loads(cli("drift", "--json", "--allow", "queue/drifting*/*")) == []
    (tmp_path / "allowed").write_text("# known\nqueue/*\n")
    cli("drift", "--allow-list", str(tmp_path / "allowed"))
    cli("sql", "-c", "select iasql_rollback()")
    cli("drift", "--allow-list", "/nowhere", code=1)


def test_sql_runs_statements_and_stops_at_an_error(cli: Cli) -> None:
    assert "iasql" in cli("sql", "-c", "select session_user")
    assert "postgres" in cli("sql", "--superuser", "-c", "select session_user")
    assert "3" in cli("sql", text="select 1 + 2;")
    cli("sql", text="select nonsense; select 1;", code=3)  # psql's own code for a script that failed
    cli("sql", "-c", "select nonsense", code=1)


def test_run_commits_a_file(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "queue.sql"
    file.write_text("insert into queue (name) values ('from-a-file');\n")
    preview = cli("run", str(file), "--preview")
    assert "from-a-file" in preview
    cli("run", str(file), "-m", "by file")
    log = cli("sql", "-c", "select state, message from iasql_transaction where message = 'by file'")
    assert "committed" in log
    assert "arn:aws:sqs" in cli("sql", "-c", "select arn from queue where name = 'from-a-file'")


def test_run_rolls_a_file_back_when_it_fails(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "broken.sql"
    file.write_text("insert into queue (name) values ('half');\nselect nonsense;\n")
    assert "nonsense" in cli("run", str(file), code=1)
    assert "(0 rows)" in cli("sql", "-c", "select from queue where name = 'half'")
    assert json.loads(cli("status", "--json"))["transaction"] == []


def test_install_says_what_it_did_and_what_it_does_not_know(cli: Cli) -> None:
    assert "aws_sqz" in cli("install", "aws_sqz", code=1)
    found = json.loads(cli("install", "aws_s3", "--json"))
    assert "bucket" in {row["created_table_name"] for row in found}


def test_a_person_gets_a_login_whose_password_is_not_shown(cli: Cli, place: Stage, tmp_path: Path) -> None:
    file = tmp_path / "bob.passfile"
    dsn = cli("user", "add", "bob", "--role", "operator", "--passfile", str(file))
    dsn = dsn.removeprefix("added: ").strip()
    (line,) = [line for line in file.read_text().splitlines() if ":bob:" in line]
    assert line.rpartition(":")[2] not in dsn
    assert file.stat().st_mode & 0o777 == 0o600
    with psycopg.connect(dsn, autocommit=True) as connection:
        row = connection.execute("select session_user, pg_has_role('iasql_operator', 'member')").fetchone()
        assert row == ("bob", True)
        connection.execute("select iasql_begin('by bob')")
        connection.execute("select iasql_rollback()")
    log = cli("sql", "-c", "select changed_by from iasql_audit_log where message = 'by bob'")
    assert "bob" in log


def test_a_login_of_somebody_else_s_keeps_its_password(cli: Cli, place: Stage) -> None:
    with Embedded(place.folder).admin_connection() as admin:
        admin.execute("create role taken login password 'theirs'")
        before = admin.execute("select rolpassword from pg_authid where rolname = 'taken'").fetchone()
        told = cli("user", "add", "taken", code=1)
        assert "grant iasql_user to taken" in told
        assert admin.execute("select rolpassword from pg_authid where rolname = 'taken'").fetchone() == before
        admin.execute("drop role taken")


def test_a_role_that_is_none_is_wrong_usage(cli: Cli) -> None:
    cli("user", "add", "eve", "--role", "king", code=2)


def test_databases_come_and_go(cli: Cli) -> None:
    created = cli("database", "create", "second")
    assert "/second" in created
    assert {"iasql", "second"} <= {row["name"] for row in json.loads(cli("database", "list", "--json"))}
    assert "already" in cli("database", "create", "postgres", code=1)
    cli("sql", "--database", "second", "-c", "select iasql_begin('two'), iasql_rollback()", code=1)
    cli("database", "drop", "second", "--yes")
    assert "second" in cli("database", "drop", "second", "--yes", code=1)


def test_dropping_a_database_asks_first(cli: Cli) -> None:
    cli("database", "drop", "iasql", code=1)
    cli("status")


def test_python_commits_and_rolls_back(cli: Cli, place: Stage) -> None:
    with iasql.transaction(place.dsn, "in python") as connection:
        connection.execute("insert into queue (name) values ('by-python')")
    with pytest.raises(ZeroDivisionError), iasql.transaction(place.dsn, "a mistake") as connection:
        connection.execute("insert into queue (name) values ('by-mistake')")
        _ = 1 / 0
    names = cli("sql", "-c", "select name, arn is not null from queue")
    assert "by-python" in names
    assert "by-mistake" not in names
    states = cli("sql", "-c", "select state from iasql_transaction where message = 'a mistake'")
    assert "rolled_back" in states


def test_python_rolls_back_a_commit_that_is_refused(cli: Cli, place: Stage) -> None:
    with (
        pytest.raises(psycopg.Error, match="wrong name"),
        iasql.transaction(place.dsn, "refused") as connection,
    ):
        connection.execute("insert into queue (name) values ('wrong name')")
    assert json.loads(cli("status", "--json"))["transaction"] == []
    assert "(0 rows)" in cli("sql", "-c", "select from queue where name = 'wrong name'")


def test_a_second_engine_on_the_folder_is_refused(cli: Cli) -> None:
    assert "in use" in cli("up", code=1)
    assert "runs already" in cli("up", "--detach", code=1)
    cli("status")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A place for a data folder; not in pytest's: root lends its server to an account kept out there."""
    with tempfile.TemporaryDirectory(prefix="iasql-test-") as name:
        place = Path(name)
        place.chmod(0o755)
        yield place / "data"
        _end(place)


def _end(place: Path) -> None:
    """Stops the engines that a failed test left running."""
    for note in place.rglob("*.pid"):
        file = PidFile(path=note)
        if file.process() is not None:
            stop(file)


def test_an_external_server_is_prepared_and_served(folder: Path) -> None:
    """By whoever may make roles and databases, as on a managed server."""
    with Embedded(folder) as server:
        password = "boss-word"
        with server.admin_connection() as superuser:
            superuser.execute(f"create role boss login createrole createdb password '{password}'".encode())
        admin = f"postgresql://boss:{password}@127.0.0.1:{server.address().port}/postgres"
        alone = Cli(
            Stage(folder=folder, dsn="", environ={"XDG_CONFIG_HOME": str(folder.parent), "HOME": str(folder.parent)})
        )
        told = [alone("init", "--dsn", admin, "--database", "outside") for _ in range(2)]
        assert told[0].splitlines()[-2:] == told[1].splitlines()[-2:]
        assert password not in told[0]
        dsn = told[0].splitlines()[-2].removeprefix("initialized: ")
        assert alone("up", "--detach", "--dsn", dsn) == f"ready: {dsn}\n"
        assert json.loads(alone("status", "--dsn", dsn, "--json"))["database"] == "outside"
        alone("down", "--dsn", dsn)
        assert "the engine is not running" in alone("status", "--dsn", dsn, code=3)


def test_down_ends_engine_and_server_and_up_brings_the_data_back(folder: Path) -> None:
    alone = Cli(Stage(folder=folder, dsn="", environ=dict(os.environ)))
    port = free_port()
    ready = alone("up", "--detach", "--port", str(port))
    assert ready.startswith(f"ready: postgresql://iasql@127.0.0.1:{port}/iasql?passfile=")
    alone("sql", "-c", "create table mine (a int)")
    assert alone("down") == "stopped\n"
    alone("status", code=3)
    alone("down", code=3)
    alone("up", "--detach")
    alone("sql", "-c", "select a from mine")
    alone("down")
