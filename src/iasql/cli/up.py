"""`iasql up`: the product. A database, its schema, and an engine that answers."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from iasql.cli.options import Database, DataDir, Dsn

if TYPE_CHECKING:
    from collections.abc import Callable

    from iasql.cli.target import Target
    from iasql.evidence.key import PrivateKey
    from iasql.evidence.publish import Publisher
    from iasql.server.service import Service
    from iasql.settings import Settings

LOG = logging.getLogger("iasql")
LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def up(
    dsn: Dsn = None,
    data_dir: DataDir = None,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Port of the embedded server (default: 5432 or the next free).")
    ] = None,
    database: Database = None,
    sync_interval: Annotated[
        float | None, typer.Option(min=0.1, help="Seconds between two ticks (or IASQL_SYNC_INTERVAL; default 120).")
    ] = None,
    audit_key: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Sign the seals of the log with this key (iasql audit keygen).")
    ] = None,
    audit_publish: Annotated[
        str | None, typer.Option(metavar="PLACE", help="Publish the seals there: a folder, or s3://bucket/prefix.")
    ] = None,
    detach: Annotated[bool, typer.Option("--detach", help="Go on in the background, once ready.")] = False,
) -> None:
    """Run the engine until Ctrl-C or SIGTERM.

    Without --dsn it brings a PostgreSQL of its own, in the data folder, which ends with it.

    Prints one line `ready: postgresql://...` on standard output when SQL calls are answered.
    """
    from iasql.cli.target import settings

    told = settings(dsn=dsn, data_dir=data_dir, port=port, database=database, sync_interval=sync_interval,
                    audit_key=audit_key, audit_publish=audit_publish)  # fmt: skip
    if detach:
        from iasql.cli.detached import READY, spawn

        print(READY + spawn(told, os.environ).ready())
        return
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format=LOG_FORMAT)
    LOG.setLevel(told.log_level)
    logging.captureWarnings(True)
    _raise_on_signal()
    try:
        _embedded(told) if told.dsn is None else _external(told)
    except KeyboardInterrupt:
        LOG.info("stopped")


def _embedded(told: Settings) -> None:
    """The engine on our own server, which ends with it."""
    from iasql.cli.target import USER, Target
    from iasql.server.embedded import Embedded
    from iasql.settings import DATABASE

    server = Embedded(told.data_dir)
    address = server.start(told.port)  # where another process has the folder, its server is not ours to stop
    try:
        _serve(Target(address=address, role=USER, database=told.database or DATABASE, embedded=server), told)
    finally:
        server.stop()


def _external(told: Settings) -> None:
    """The engine on somebody's server; the login may be an administrator's the first time."""
    from iasql.cli.target import external

    _serve(external(told), told)


def _serve(found: Target, told: Settings) -> None:
    from iasql.cli import prepared
    from iasql.cloud.session import Timeouts
    from iasql.server.service import Service

    place = prepared.prepare(found)
    if ran := prepared.schema(place.address, place.database):
        LOG.info("migrated %s: %s", place.database, ran)
    timeouts = Timeouts(connect=told.connect_seconds, read=told.read_seconds)
    service = Service(
        address=place.address, sync_interval=told.sync_interval, database=told.database, timeouts=timeouts,
        publisher=_publisher(told),
    )  # fmt: skip
    _stop_on_signal(service)
    threading.Thread(target=_announce, args=(service, place.dsn), daemon=True).start()
    service.run()


def _publisher(told: Settings) -> Callable[[], Publisher]:
    """What signs and publishes the seals of one database; a key that cannot be read ends the start."""
    from iasql.evidence.place import Bucket, place
    from iasql.evidence.publish import Publisher

    key = _key(told.audit_key) if told.audit_key else None
    to = place(told.audit_publish) if told.audit_publish else None
    if isinstance(to, Bucket) and not to.locked():
        LOG.warning("%s has no object lock: who may write there can remove published seals", to)
    return lambda: Publisher(key=key, to=to)


def _key(file: Path) -> PrivateKey:
    from iasql.evidence.key import PrivateKey

    return PrivateKey.read(file)


def _announce(service: Service, dsn: str) -> None:
    service.ready.wait()
    from iasql.cli.detached import READY

    print(READY + dsn, flush=True)


def _raise_on_signal() -> None:
    """Until the service runs, SIGTERM ends the start as Ctrl-C does."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def _stop_on_signal(service: Service) -> None:
    """SIGINT and SIGTERM end the service; a second one does not wait."""

    def stop(number: int, frame: object) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        LOG.info("stopping")
        service.stop()

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
