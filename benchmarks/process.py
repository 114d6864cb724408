"""Processes that the benchmark starts and ends, and what they cost: CPU and peak memory, their children included."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import attrs
import psutil

PATIENCE = 120.0
EVERY = 0.05
AWS = {
    "AWS_ACCESS_KEY_ID": "benchmark",
    "AWS_SECRET_ACCESS_KEY": "benchmark",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": "/dev/null",
    "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
}


def free_port() -> int:
    """A port nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def python(module: str, *arguments: str, port: int, environ: dict[str, str] | None = None) -> Iterator[int]:
    """A module of Python's that serves a port; its pid, once it listens."""
    process = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        env={**os.environ, **AWS, **(environ or {})},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        await_port(port, process)
        yield process.pid
    finally:
        end(process)


def await_port(port: int, process: subprocess.Popen[bytes]) -> None:
    """Returns once somebody listens at the port."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(EVERY)
    raise RuntimeError(f"{process.args!r} did not start")


def end(process: subprocess.Popen[bytes]) -> None:
    """Ends a process of ours and waits for it."""
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@attrs.frozen(kw_only=True)
class Cost:
    """What something took: seconds on the clock, seconds of CPU, and the most memory at any one moment."""

    seconds: float
    cpu: float
    megabytes: float


@attrs.define(kw_only=True)
class Meter:
    """Watches the processes of a contender while something runs.

    `roots` gives the processes of the moment; with `children` theirs count as well, also those that end meanwhile.
    """

    roots: Callable[[], list[int]]
    children: bool = True
    _cpu: dict[tuple[int, float], float] = attrs.field(factory=dict, init=False)
    _peak: int = attrs.field(default=0, init=False)

    def run(self, work: Callable[[], object]) -> Cost:
        """What the work costs."""
        done = threading.Event()
        self._cpu.clear()
        self._peak = 0
        before = self._look()
        watcher = threading.Thread(target=self._watch, args=(done,), daemon=True)
        began = time.perf_counter()
        watcher.start()
        try:
            work()
        finally:
            seconds = time.perf_counter() - began
            self._look()
            done.set()
            watcher.join()
        spent = sum(self._cpu.values()) - sum(before.values())
        return Cost(seconds=seconds, cpu=spent, megabytes=self._peak / 2**20)

    def _watch(self, done: threading.Event) -> None:
        while not done.wait(EVERY):
            self._look()

    def _look(self) -> dict[tuple[int, float], float]:
        memory = 0
        for process in self._processes():
            try:
                times, born = process.cpu_times(), process.create_time()
                memory += _memory(process)
            except (psutil.NoSuchProcess, psutil.ZombieProcess):
                continue
            self._cpu[process.pid, born] = times.user + times.system
        self._peak = max(self._peak, memory)
        return dict(self._cpu)

    def _processes(self) -> list[psutil.Process]:
        found: dict[int, psutil.Process] = {}
        for pid in self.roots():
            try:
                root = psutil.Process(pid)
                for process in (root, *(root.children(recursive=True) if self.children else ())):
                    found[process.pid] = process
            except psutil.NoSuchProcess:
                continue
        return list(found.values())


def _memory(process: psutil.Process) -> int:
    """Resident memory without what it shares with others, as PostgreSQL's backends share their buffers."""
    told = process.memory_info()
    return int(told.rss - getattr(told, "shared", 0))
