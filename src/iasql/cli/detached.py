"""An engine in the background: started so that it outlives its terminal, found again by its pid file."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import attrs
import psutil

from iasql.errors import IasqlError, NoEngine, ServerInUse
from iasql.settings import Settings, variable

PATIENCE = 120.0  # seconds: a commit in progress is finished first
STEP = 0.1
READY = "ready: "


@attrs.frozen(kw_only=True)
class PidFile:
    """Names one process and when it began, so that no later process of the same number is taken for it."""

    path: Path

    @property
    def log(self) -> Path:
        """Where the process's stderr goes."""
        return self.path.with_suffix(".log")

    def write(self, pid: int) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(f"{pid} {psutil.Process(pid).create_time()}\n")

    def process(self) -> psutil.Process | None:
        """The process, if it lives."""
        try:
            pid, began = self.path.read_text().split()
            found = psutil.Process(int(pid))
            same = abs(found.create_time() - float(began)) < 1.0 and found.status() != psutil.STATUS_ZOMBIE
        except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
            return None
        return found if same else None


def pid_file(told: Settings) -> PidFile:
    """The pid file of the engine that these settings mean: in the data folder, or beside the server's passfile."""
    if told.dsn is not None:
        from iasql.cli import prepared
        from iasql.cli.target import external

        return PidFile(path=prepared.note(external(told).address, "pid"))
    from iasql.server.embedded import Embedded

    return PidFile(path=Embedded(told.data_dir).data_dir / "engine.pid")


@attrs.frozen(kw_only=True)
class Started:
    """An engine that was started and may not be ready yet."""

    process: subprocess.Popen[str]
    file: PidFile

    def ready(self) -> str:
        """The DSN it serves, once it answers; an error that quotes its log where it ended instead."""
        assert self.process.stdout is not None
        with self.process.stdout as output:
            line = output.readline()
        if line.startswith(READY):
            return line.removeprefix(READY).strip()
        self.process.wait()
        self.file.path.unlink(missing_ok=True)
        raise NoEngine("The engine did not start.", detail=_last_words(self.file.log), hint=f"Its log: {self.file.log}")


def spawn(told: Settings, environ: Mapping[str, str]) -> Started:
    """Starts `iasql up` in a session of its own; its settings go by the environment, which `ps` does not show."""
    file = pid_file(told)
    running = file.process()
    if running is not None:
        raise ServerInUse(f"An engine runs already (process {running.pid}).", hint="Stop it with `iasql down`.")
    file.path.parent.mkdir(parents=True, exist_ok=True)
    with open(os.open(file.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "iasql", "up"],
            env=_environment(told, environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,
        )
    file.write(process.pid)
    return Started(process=process, file=file)


def stop(file: PidFile) -> None:
    """Ends exactly the process of the pid file, and waits for it."""
    process = file.process()
    if process is None:
        raise NoEngine("No engine was started here with --detach.", hint="One in the foreground ends with Ctrl-C.")
    process.send_signal(signal.SIGTERM)
    until = time.monotonic() + PATIENCE
    while file.process() is not None:
        if time.monotonic() > until:
            raise IasqlError(f"Process {process.pid} was told to end and has not within {PATIENCE:.0f} s.")
        time.sleep(STEP)
    file.path.unlink(missing_ok=True)


def _environment(told: Settings, environ: Mapping[str, str]) -> dict[str, str]:
    """The environment with these settings and no others."""
    others = {name: value for name, value in environ.items() if not name.startswith("IASQL_")}
    told_again = {variable(name): str(value) for name, value in attrs.asdict(told).items() if value is not None}
    return {**others, **told_again}


def _last_words(log: Path) -> str:
    lines = log.read_text().strip().splitlines()
    return " / ".join(lines[-3:]) or "It said nothing."
