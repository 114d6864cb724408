"""The engine's process: one channel and one clock for each IaSQL database of a server.

Databases that are created while it runs are served too; those that are dropped are let go. The next step is
`iasql.server.channel`, which brings the requests.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from socket import gethostname

import attrs
import psycopg

from iasql import __version__
from iasql.cloud.session import Timeouts
from iasql.db import added, home, roles
from iasql.db.connection import Address, connect
from iasql.db.migrate import migrate
from iasql.engine.account import Account
from iasql.engine.context import Context
from iasql.engine.recover import recover
from iasql.errors import IasqlError, NoEngine
from iasql.evidence.publish import Publisher
from iasql.log import markers
from iasql.modules import discover
from iasql.server.channel import Channel, Request
from iasql.server.clock import Clock
from iasql.server.operations import operations
from iasql.server.sealer import Sealer

logger = logging.getLogger(__name__)
LOOK_FOR_DATABASES = 5.0
PATIENCE = 10.0


@attrs.define(kw_only=True, slots=False)
class DatabaseService:
    """What serves one database: its channel, its clock, its account, and the lock over its tables."""

    address: Address
    database: str
    sync_interval: float
    timeouts: Timeouts = attrs.field(factory=Timeouts)
    publisher: Publisher = attrs.field(factory=Publisher)
    account: Account = attrs.field(init=False)
    _writing: threading.Lock = attrs.field(factory=threading.Lock, init=False)
    _threads: list[threading.Thread] = attrs.field(factory=list, init=False)

    def __attrs_post_init__(self) -> None:
        self.account = Account(timeouts=self.timeouts, may_send=self.refuse_out_of_office)
        self.channel = Channel(self.address, self.database, operations(self), on_engine=self.take_over)
        self.clock = Clock(
            address=self.address,
            database=self.database,
            interval=self.sync_interval,
            in_office=self.channel.ready.is_set,
        )
        self.sealer = Sealer(
            address=self.address,
            database=self.database,
            publisher=self.publisher,
            in_office=self.channel.ready.is_set,
        )

    @property
    def ready(self) -> threading.Event:
        """Set while SQL calls are answered."""
        return self.channel.ready

    def start(self) -> None:
        """Starts serving, in threads."""
        with connect(self.address, "iasql_engine", self.database) as connection:
            migrate(connection)
        for run in (self.channel.serve, self.clock.run, self.sealer.run):
            thread = threading.Thread(target=run, name=f"{self.database}-{run.__name__}", daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """Stops serving and waits for what is under way to reach a safe point."""
        self.clock.stop()
        self.sealer.stop()
        self._note_stop()
        self.channel.stop()
        for thread in self._threads:
            thread.join(PATIENCE)
        self.account.close()

    def _note_stop(self) -> None:
        """Tells the log that this engine ends by intention; a crash leaves no such row."""
        if not self.channel.ready.is_set():
            return
        try:
            with connect(self.address, "iasql_engine", self.database) as connection:
                markers.mark(connection, "ENGINE_STOP", None, __version__, {"epoch": self.channel.epoch})
        except psycopg.Error as error:
            logger.warning("the stop of %s is not in the log: %s", self.database, error)

    @contextmanager
    def context(
        self, session: psycopg.Connection, request: Request | None = None, progress: Callable[[str], None] | None = None
    ) -> Iterator[Context]:
        """A context on this session, with a writer of its own."""
        context = Context(
            connection=session,
            open_writer=partial(connect, self.address, "iasql_writer", self.database),
            find_known=lambda: {module.name: module for module in added.known(session)} | dict(discover()),
            account=self.account,
            progress=progress or (lambda text: None),
            gone=request.gone if request is not None else (lambda: False),
            asked=request,
            epoch=self.channel.epoch,
            caller=(request.actor or request.user) if request is not None else None,
        )
        try:
            yield context
        finally:
            context.close()

    @contextmanager
    def tables(self) -> Iterator[None]:
        """Holds other writers of the tables off."""
        with self._writing:
            yield

    def refuse_out_of_office(self) -> None:
        """Raises NoEngine once another engine may be in office: this one then sends nothing any more."""
        if self.channel.epoch is None:
            raise NoEngine("this engine has lost its place: another one may be at work")

    def running(self) -> Request | None:
        """What runs alone just now."""
        return self.channel.running()

    def wake_clock(self) -> None:
        """Lets the clock look whether something is due."""
        self.clock.wake()

    def take_over(self, session: psycopg.Connection) -> None:
        """Finishes what an earlier engine left behind, before anything is answered."""
        home.settle(session)
        markers.mark(session, "ENGINE_START", None, __version__, {"epoch": self.channel.epoch, "host": gethostname()})
        origin = home.copied_from(session)
        if origin is not None:
            logger.warning("%s is a copy of %s: nothing is pushed. %s", self.database, origin, home.HINT)
            return
        with self.context(session) as context, self.tables():
            try:
                recover(context)
            except IasqlError as error:
                logger.error("the commit left behind in %s could not be finished: %s", self.database, error)


@attrs.define(kw_only=True, slots=False)
class Service:
    """Serves every IaSQL database of a server, or the one that is named.

    `run` blocks until `stop`; `ready` is set once every database that was there at the start answers.
    """

    address: Address
    sync_interval: float = 120.0
    database: str | None = None
    timeouts: Timeouts = attrs.field(factory=Timeouts)
    publisher: Callable[[], Publisher] = Publisher
    ready: threading.Event = attrs.field(factory=threading.Event, init=False)
    _stopped: threading.Event = attrs.field(factory=threading.Event, init=False)
    _served: dict[str, DatabaseService] = attrs.field(factory=dict, init=False)

    def run(self) -> None:
        """Serves until `stop`; raises IasqlError when a database cannot be served at the start."""
        try:
            self.look(first=True)
            for served in self._served.values():
                while not served.ready.wait(0.2) and not self._stopped.is_set():
                    pass
            self.ready.set()
            threading.Thread(target=warm_up, name="warm-up", daemon=True).start()
            while not self._stopped.wait(LOOK_FOR_DATABASES):
                self.look()
        finally:
            for served in self._served.values():
                served.stop()

    def stop(self) -> None:
        """Ends `run`."""
        self._stopped.set()

    def look(self, first: bool = False) -> None:
        """Starts to serve new databases and lets go of dropped ones."""
        try:
            present = set(self.databases())
        except psycopg.OperationalError:
            if first:
                raise
            return
        for name in sorted(present - self._served.keys()):
            served = DatabaseService(
                address=self.address, database=name, sync_interval=self.sync_interval, timeouts=self.timeouts,
                publisher=self.publisher(),
            )  # fmt: skip
            try:
                served.start()
            except (IasqlError, psycopg.Error) as error:
                if first:
                    raise
                logger.error("cannot serve %s: %s", name, error)
                continue
            self._served[name] = served
        for name in sorted(self._served.keys() - present):
            self._served.pop(name).stop()

    def databases(self) -> list[str]:
        """The names of the databases to serve."""
        if self.database is not None:
            return [self.database]
        with connect(self.address, "iasql_engine", "postgres") as connection:
            return list(roles.list_databases(connection))


def warm_up() -> None:
    """Loads what the first verb will need: nobody waits for it meanwhile."""
    discover()
    import_module("boto3")
