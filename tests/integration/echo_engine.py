"""An engine that does next to nothing: `python -m tests.integration.echo_engine DSN` serves until it is told to stop.

It prints `ready` on stdout whenever it is in office.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Iterable
from typing import Any

from iasql.db.connection import Address
from iasql.errors import InvalidArgument
from iasql.server.channel import Channel, Operation, Progress, Request, Row, Session


def echo(request: Request, session: Session, progress: Progress) -> Iterable[Row]:
    """The arguments."""
    return [request.arguments]


def who(request: Request, session: Session, progress: Progress) -> Iterable[Row]:
    """Who asks, as the engine sees it."""
    return [
        {
            "user": request.user,
            "roles": sorted(request.roles),
            "pid": request.pid,
            "actor": request.actor,
            "client_addr": request.client_addr,
            "application_name": request.application_name,
            "database": request.database,
            "epoch": request.epoch,
        }
    ]


def count(request: Request, session: Session, progress: Progress) -> Iterable[Row]:
    """`n` rows, one every `pause` seconds; ends early when told to stop."""
    n = int(request.arguments["n"])
    for i in range(1, n + 1):
        progress(f"{i} of {n}: counted")
        if request.stopping.wait(float(request.arguments.get("pause", 0.1))):
            return
        yield {"i": i}


def execute(request: Request, session: Session, progress: Progress) -> Iterable[Row]:
    """Runs the SQL that it is given."""
    session.execute(request.arguments["sql"])
    return []


def leave(request: Request, session: Session, progress: Progress) -> Iterable[Row]:
    """Waits until the caller has gone, and notes that it heard of it."""
    until = time.monotonic() + 20
    while not request.gone() and time.monotonic() < until:
        time.sleep(0.02)
    session.execute("insert into public.heard values (%s)", [request.arguments["name"]])
    return []


def fail(request: Request, session: Session, progress: Progress) -> Iterable[Row]:
    """One of the errors an operation may end with."""
    match request.arguments["how"]:
        case "ours":
            raise InvalidArgument("no such thing", detail="what was asked", hint="ask for another")
        case "row":
            session.execute("insert into public.strict values ('top secret', null)")
        case "transaction":
            session.execute("begin")
            raise KeyError("lost")
        case "object":
            return [{"value": object()}]
        case "nul":
            return [{"value": "a\0b"}]
    raise LookupError("lost")


def die(request: Request, session: Session, progress: Progress) -> Iterable[Row]:
    """Ends the process as kill -9 would."""
    os.kill(os.getpid(), signal.SIGKILL)
    return []


def operations() -> dict[str, Operation]:
    """By name; those that end in `_alone` are exclusive."""
    beside: dict[str, Any] = {"echo": echo, "who": who, "count": count, "leave": leave, "fail": fail, "die": die}
    found = {name: Operation(run=run) for name, run in beside.items()}
    found |= {f"{name}_alone": Operation(run=run, exclusive=True) for name, run in beside.items()}
    found["execute_alone"] = Operation(run=execute, exclusive=True)
    found["patient_alone"] = Operation(run=count, exclusive=True, waits=True, brief=True)
    found["install"] = Operation(run=echo, role="iasql_operator")
    return found


def main(dsn: str) -> None:
    """Serves the database of the DSN."""
    logging.basicConfig(level=logging.INFO)
    address, _, database = Address.parse(dsn)
    assert database is not None
    channel = Channel(address, database, operations(), on_engine=lambda session: None)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=channel.stop).start())

    def tell() -> None:
        channel.ready.wait()
        print("ready", flush=True)

    threading.Thread(target=tell, daemon=True).start()
    channel.serve()


if __name__ == "__main__":
    main(sys.argv[1])
