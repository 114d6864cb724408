"""Where the demo plays: a temporary folder, the stand-in for AWS, and `iasql up` as anybody would run it."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs

from iasql.cli import detached
from iasql.cli.demo import stand_in
from iasql.settings import Settings


@attrs.frozen(kw_only=True)
class Stage:
    """A database to connect to, and the environment in which boto3 finds the stand-in."""

    folder: Path
    dsn: str
    environ: dict[str, str]


@contextmanager
def stage(*, keep: bool) -> Iterator[Stage]:
    """A running stage; afterwards nothing of it is left, unless it is kept."""
    folder = Path(tempfile.mkdtemp(prefix="iasql-demo-"))
    told = Settings(data_dir=folder, port=None)
    port = stand_in.free_port()
    environ = {**_without_aws(os.environ), **stand_in.credentials(port)}
    processes: list[subprocess.Popen[Any]] = []
    kept = False
    try:
        engine = detached.spawn(told, environ)
        processes.append(engine.process)
        cloud = stand_in.start(port, detached.pid_file(told), folder / "aws.log", environ)
        processes.append(cloud)
        dsn = engine.ready()
        stand_in.await_answer(port, cloud, folder / "aws.log")
        yield Stage(folder=folder, dsn=dsn, environ=environ)
        kept = keep
    finally:
        if not kept:
            _strike(processes)
            shutil.rmtree(folder, ignore_errors=True)


def _strike(processes: list[subprocess.Popen[Any]]) -> None:
    """Ends what was started: the engine with its server, then the stand-in."""
    for process in processes:
        process.terminate()
        process.wait()


def _without_aws(environ: os._Environ[str]) -> dict[str, str]:
    """The environment without anything that could lead boto3 to a real account."""
    return {name: value for name, value in environ.items() if not name.startswith(("AWS_", "BOTO", "IASQL_"))}
