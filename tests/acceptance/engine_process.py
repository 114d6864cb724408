"""A real engine in a process of its own, which a test may kill.

`python -m tests.acceptance.engine_process DSN SECONDS`: so many seconds after its sending a call may still take effect.
It prints `ready` when it is in office.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading

import attrs

from iasql.cloud.session import Timeouts
from iasql.db.connection import Address
from iasql.server.service import Service


@attrs.define(kw_only=True)
class EngineProcess:
    """The process, as a test holds it."""

    process: subprocess.Popen[str]

    @classmethod
    def start(cls, address: Address, database: str, seconds: float = 1.0, *, wait: bool = True) -> EngineProcess:
        """Starts one; comes back when it answers, unless it shall stand by."""
        dsn = address.dsn("iasql_engine", database)
        command = [sys.executable, "-m", "tests.acceptance.engine_process", dsn, str(seconds)]
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=os.environ
        )
        found = cls(process=process)
        if wait:
            found.ready()
        return found

    def ready(self) -> None:
        """Waits until it is in office and has finished what it found."""
        assert self.process.stdout is not None
        assert self.process.stdout.readline().strip() == "ready"

    def kill(self) -> None:
        """Ends it as a power cut would."""
        self.process.send_signal(signal.SIGKILL)

    def end(self) -> None:
        """Ends it whatever it does, and takes it away."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(10)
        if self.process.stdout is not None:
            self.process.stdout.close()


def main(dsn: str, seconds: float) -> None:
    """Serves the database of the DSN until it is told to stop."""
    logging.basicConfig(level=logging.INFO)
    address, _, database = Address.parse(dsn)
    timeouts = Timeouts(connect=10.0, read=20.0, landed=seconds)  # a slow machine is no fault
    service = Service(address=address, database=database, sync_interval=0, timeouts=timeouts)
    signal.signal(signal.SIGTERM, lambda *_: service.stop())

    def tell() -> None:
        service.ready.wait()
        print("ready", flush=True)

    threading.Thread(target=tell, daemon=True).start()
    service.run()


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
