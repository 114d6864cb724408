"""A real engine in a process of its own, which a test may kill.

Processes are forked from one that has imported everything: a new one is in office after tens of milliseconds.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import threading
from multiprocessing.connection import Connection
from typing import Any

import attrs
import boto3  # noqa: F401  the engine imports it when it first needs it, which is here before the fork

from iasql.cloud.session import Timeouts
from iasql.db.connection import Address
from iasql.modules import discover
from iasql.resource.service import loader
from iasql.server.service import Service

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload([__name__])

PATIENCE = 60.0

discover()
for _name in ("ec2", "iam", "s3", "sqs", "sts"):
    loader().load_service_model(_name, "service-2")


@attrs.define(kw_only=True)
class EngineProcess:
    """The process, as a test holds it."""

    process: Any
    told: Connection

    @classmethod
    def start(cls, address: Address, database: str, seconds: float = 1.0, *, wait: bool = True) -> EngineProcess:
        """Starts one; comes back when it answers, unless it shall stand by.

        `seconds` after its sending a call may still take effect.
        """
        told, tells = FORKS.Pipe(duplex=False)
        dsn = address.dsn("iasql_engine", database)
        process = FORKS.Process(target=serve, args=(dsn, seconds, dict(os.environ), tells), daemon=True)
        process.start()
        tells.close()
        found = cls(process=process, told=told)
        if wait:
            found.ready()
        return found

    def ready(self) -> None:
        """Waits until it is in office and has finished what it found."""
        assert self.told.poll(PATIENCE), "the engine does not come into office"
        assert self.told.recv() == "ready"

    @property
    def lives(self) -> bool:
        """Whether nobody has killed it."""
        return bool(self.process.is_alive())

    def kill(self) -> None:
        """Ends it as a power cut would."""
        self.process.kill()

    def end(self) -> None:
        """Ends it whatever it does, and takes it away."""
        self.process.kill()
        self.process.join(10)
        self.told.close()


def serve(dsn: str, seconds: float, environ: dict[str, str], tells: Connection) -> None:
    """Serves the database of the DSN until it is told to stop."""
    os.environ.clear()
    os.environ.update(environ)
    logging.basicConfig(level=logging.INFO)
    address, _, database = Address.parse(dsn)
    timeouts = Timeouts(connect=10.0, read=20.0, landed=seconds)  # a slow machine is no fault
    service = Service(address=address, database=database, sync_interval=0, timeouts=timeouts)
    signal.signal(signal.SIGTERM, lambda *_: service.stop())

    def tell() -> None:
        service.ready.wait()
        tells.send("ready")

    threading.Thread(target=tell, daemon=True).start()
    service.run()
