"""How long one waits before anything happens: the help text, the engine on a folder that exists, a module, the demo."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.cloud import moto
from benchmarks.contenders import Iasql
from benchmarks.process import end
from benchmarks.report import Figure, figures
from benchmarks.workloads import W1

TIMES = 3
PROGRAM = str(Path(sys.executable).with_name("iasql"))


def measure() -> list[Figure]:
    """Medians of a few times each."""
    found = [
        Figure(name="iasql --help", value=_median(_help), unit="s", detail={"goal": 0.2}),
        *_engine(),
        Figure(name="iasql demo", value=_seconds(_demo), unit="s", detail={"goal": 20.0}),
    ]
    figures(found, "start; goals: --help 0.2 s, up on an existing folder 2 s, a module 0.5 s, demo 20 s")
    return found


def _engine() -> list[Figure]:
    """An engine on a new folder, then again on the same, and modules on an account that is all but empty."""
    folder = Path(tempfile.mkdtemp(prefix="iasql-bench-"))
    try:
        new = _seconds(lambda: _up(folder))
        again = _median(lambda: _up(folder))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    with moto() as cloud:
        cloud.empty()
        contender = Iasql(cloud, W1, 0)
        contender.modules = ()
        contender.prepare()
        try:
            installs = {
                module: _seconds(lambda name=module: contender.sql("select * from iasql_install(%s)", name))
                for module in ("aws_sqs", "aws_cloudwatch", "aws_vpc", "aws_security_group", "aws_iam", "aws_s3")
            }
        finally:
            contender.close()
    return [
        Figure(name="iasql up, a new folder", value=new, unit="s"),
        Figure(name="iasql up, an existing folder", value=again, unit="s", detail={"goal": 2.0}),
        *(
            Figure(name=f"install {module}", value=seconds, unit="s", detail={"goal": 0.5})
            for module, seconds in installs.items()
        ),
    ]


def _up(folder: Path) -> None:
    command = [PROGRAM, "up", "--data-dir", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdout is not None
    assert process.stdout.readline()
    _STARTED.append(time.perf_counter())
    end(process)
    process.stdout.close()


_STARTED: list[float] = []


def _help() -> None:
    subprocess.run([PROGRAM, "--help"], check=True, stdout=subprocess.DEVNULL)


def _demo() -> None:
    subprocess.run([PROGRAM, "demo"], check=True, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL, env=os.environ)


def _seconds(work: Callable[[], object]) -> float:
    """How long it took; of a server, until it was ready."""
    _STARTED.clear()
    began = time.perf_counter()
    work()
    return (_STARTED[0] if _STARTED else time.perf_counter()) - began


def _median(work: Callable[[], object]) -> float:
    return statistics.median(_seconds(work) for _ in range(TIMES))
