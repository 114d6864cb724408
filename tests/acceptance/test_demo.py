"""`iasql demo` tells its whole story, and leaves what it was asked to leave: nothing, a shell, or everything."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest


@pytest.fixture
def folder() -> Iterator[Path]:
    """Where the demo makes its folder; not in pytest's: root lends its server to an account that is kept out there."""
    with tempfile.TemporaryDirectory(prefix="iasql-test-") as name:
        place = Path(name)
        place.chmod(0o755)
        yield place


@pytest.fixture
def environ(folder: Path) -> dict[str, str]:
    """An environment with credentials that the demo must not use."""
    mine = {"TMPDIR": str(folder), "AWS_PROFILE": "production", "AWS_ENDPOINT_URL": "http://127.0.0.1:1"}
    return {**os.environ, **mine, "IASQL_DSN": "postgresql://127.0.0.1:1/production"}


def demo(environ: dict[str, str], *arguments: str, text: str = "") -> str:
    done = subprocess.run(
        [sys.executable, "-m", "iasql", "demo", *arguments],
        env=environ,
        input=text,
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    assert done.stderr == ""
    return done.stdout


def processes(folder: Path) -> Iterator[psutil.Process]:
    """Whatever runs in the demo's folder."""
    for process in psutil.process_iter():
        try:
            if any(str(folder) in word for word in process.cmdline()) and process.pid != os.getpid():
                yield process
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue


def nothing_left(folder: Path) -> bool:
    return not list(folder.iterdir()) and not list(processes(folder))


def test_the_demo_tells_its_story_and_leaves_nothing(environ: dict[str, str], folder: Path) -> None:
    told = demo(environ)
    assert [int(number) for number in re.findall(r"^(\d+)\. ", told, re.M)] == list(range(1, 11))
    assert re.search(r"^create +bucket +shop-invoices-2024", told, re.M)
    assert re.search(r'^sg-\w+ +shop-web +\["443 from 0.0.0.0/0"\] +\[\]', told, re.M), "egress that nobody asked for"
    assert re.search(r"^create +bucket +made-by-hand .*tables", told, re.M)
    assert re.search(r"^shop-orders +90", told, re.M)
    assert re.search(r"^conflict +queue .*45", told, re.M)
    assert re.search(r"^shop-orders +60", told, re.M), "restored to when it was made"
    assert re.search(r"^true +\d+", told, re.M), "the log is verified"
    assert told.rstrip().endswith("iasql up")
    assert nothing_left(folder)


def test_the_demo_can_end_in_a_shell(environ: dict[str, str], folder: Path) -> None:
    told = demo(environ, "--shell", text="select 'from the ' || 'shell', count(*) from queue;\n")
    assert "from the shell" in told
    assert nothing_left(folder)


def test_the_demo_can_be_kept_and_ended(environ: dict[str, str], folder: Path) -> None:
    told = demo(environ, "--keep")
    dsn = re.search(r"psql '([^']+)'", told)
    place = re.search(r"iasql down --data-dir (\S+)", told)
    assert dsn is not None
    assert place is not None
    with psycopg.connect(dsn[1], autocommit=True) as connection:
        connection.execute("select iasql_begin()")
        connection.execute("insert into bucket (name) values ('kept-bucket')")
        assert connection.execute("select action from iasql_commit()").fetchall() == [("create",)]
    subprocess.run([sys.executable, "-m", "iasql", "down", "--data-dir", place[1]], check=True, timeout=60)
    until = time.monotonic() + 20
    while list(processes(folder)) and time.monotonic() < until:
        time.sleep(0.2)
    assert list(processes(folder)) == []


def test_an_interrupted_demo_leaves_nothing(environ: dict[str, str], folder: Path) -> None:
    command = [sys.executable, "-m", "iasql", "demo"]
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("iasql=>"):
                break
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=60)
    assert process.returncode not in (0, None)
    assert "Traceback" not in errors
    assert nothing_left(folder)
