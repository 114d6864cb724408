"""The running server of a cluster, as its postmaster.pid tells it."""

from __future__ import annotations

import time
from pathlib import Path

import attrs
import psutil

from iasql.errors import ServerFailed

READY = "ready"
PATIENCE = 20.0  # seconds for a dead server's backends to notice
CLOCK_SLACK = 5.0  # seconds between a process's start and the note of it


@attrs.frozen(kw_only=True)
class Postmaster:
    """A live server process."""

    pid: int
    port: int
    ready: bool


def postmaster(cluster: Path) -> Postmaster | None:
    """The server that runs on this folder, or None; a file left by a dead one says nothing."""
    try:
        lines = (cluster / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return None
    if len(lines) < 4 or not _lives(int(lines[0]), float(lines[2])):
        return None
    return Postmaster(pid=int(lines[0]), port=int(lines[3]), ready=len(lines) > 7 and lines[7].strip() == READY)


def forget_dead(cluster: Path) -> None:
    """Removes the postmaster.pid of a dead server, whose pid PostgreSQL may take for a live one: pids are used
    again, and a container's first process may never bury its dead. The caller holds the folder's lock."""
    if postmaster(cluster) is not None or not (cluster / "postmaster.pid").exists():
        return
    until = time.monotonic() + PATIENCE
    while orphans := _orphans(cluster):
        if time.monotonic() > until:
            raise ServerFailed(f"processes of a dead server still use {cluster}: {orphans}", hint="End them first.")
        time.sleep(0.05)
    (cluster / "postmaster.pid").unlink(missing_ok=True)


def _lives(pid: int, noted: float) -> bool:
    """Whether this pid is still the process that wrote the file."""
    try:
        process = psutil.Process(pid)
        return _serves(process) and process.create_time() < noted + CLOCK_SLACK
    except psutil.NoSuchProcess:
        return False


def _serves(process: psutil.Process) -> bool:
    return "postgres" in process.name() and process.status() != psutil.STATUS_ZOMBIE


def _orphans(cluster: Path) -> list[int]:
    """Backends that outlived their server: with them a second one would spoil the data."""
    found = []
    for process in psutil.process_iter():
        try:
            if _serves(process) and process.cwd() == str(cluster):
                found.append(process.pid)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found
