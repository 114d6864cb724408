"""What a verb works with: connections, the account, the installed resource types.

A context belongs to one verb and one thread. The next step is the verb itself.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import Protocol

import attrs
import psycopg

from iasql.cloud.session import Session
from iasql.db import rows
from iasql.engine import account
from iasql.engine.heirs import Heirs
from iasql.engine.hosts import KnownHosts
from iasql.engine.links import Links
from iasql.errors import NoCredentials
from iasql.plan.order import sorted_by_reference
from iasql.plan.state import Handle, Image
from iasql.resource import Module, Resource


class Asked(Protocol):
    """The call that a verb answers; the server's Request."""

    @property
    def user(self) -> str:
        """The login that asked."""
        ...

    @property
    def roles(self) -> frozenset[str]:
        """The roles of ours that it is a member of."""
        ...

    @property
    def stopping(self) -> threading.Event:
        """Set when the verb shall end at its next safe point."""
        ...

    def ends(self) -> None:
        """All is done but for the last words."""
        ...

    @property
    def cancellers(self) -> list[str]:
        """Who asked for that; nobody when the engine itself stops."""
        ...

    @property
    def answer(self) -> Callable[[Iterable[Image]], None]:
        """Lets the caller go while the verb goes on."""
        ...


@attrs.define(kw_only=True, slots=False)
class Context:
    """One verb's working set.

    `connection` is the engine's own login, in autocommit, and `open_writer` makes one of the login that may only
    write rows, which a preview never needs.
    `find_known` gives every module that can be installed, and is asked only where that matters; `account` holds the
    sessions with AWS, kept between verbs; `made` remembers what the verb has created, in the cloud's terms.
    """

    connection: psycopg.Connection
    open_writer: Callable[[], psycopg.Connection]
    find_known: Callable[[], Mapping[str, Module]]
    account: account.Account
    schema: str = "public"
    epoch: int | None = None
    caller: str | None = None
    progress: Callable[[str], None] = lambda text: None
    gone: Callable[[], bool] = lambda: False
    asked: Asked | None = None
    made: dict[Handle, Image] = attrs.field(factory=dict, init=False)
    _noting: threading.Lock = attrs.field(factory=threading.Lock, init=False)

    @cached_property
    def writer(self) -> psycopg.Connection:
        """The login that may only write rows, connected when the first row is written."""
        return self.open_writer()

    def close(self) -> None:
        """Closes the writer's connection, where there is one."""
        if "writer" in self.__dict__:
            self.writer.close()

    @cached_property
    def known(self) -> Mapping[str, Module]:
        """Every module that can be installed, by name."""
        return self.find_known()

    @cached_property
    def installed(self) -> dict[str, Module]:
        """The installed modules by name, in no order."""
        names = [name for (name,) in self.connection.execute("select name from public.iasql_module").fetchall()]
        return {name: self.known[name] for name in names if name in self.known}

    @cached_property
    def resources(self) -> dict[str, Resource]:
        """The resource types of installed modules by table, those that others refer to first."""
        types = {resource.table: resource for module in self.installed.values() for resource in module.resources}
        return {resource.table: resource for resource in sorted_by_reference(types)}

    @cached_property
    def links(self) -> Links:
        """Keys and cloud ids of the rows that this verb meets."""
        return Links(connection=self.connection, resources=self.resources)

    @cached_property
    def heirs(self) -> Heirs:
        """Rows in the place of deleted ones."""
        return Heirs(connection=self.connection, resources=self.resources)

    @property
    def aws(self) -> Session:
        """The session with AWS, whether or not there are credentials for it."""
        return self.account.session(self.connection).beside(self.hosts)

    @cached_property
    def hosts(self) -> KnownHosts:
        """The machines that tables of this database name."""
        return KnownHosts(connection=self.connection, write=self.note, opened=self.account.opened)

    def note(self, table: str, key: Image, columns: Image) -> None:
        """Writes what was learned into a row of ours."""
        with self._noting:
            rows.write(self.writer, table, "update", sorted(columns), [{**key, **columns}])

    def refuse_without_credentials(self) -> None:
        """Raises NoCredentials where nothing could be asked of AWS."""
        if not self.aws.usable():
            raise NoCredentials(hint="Insert a row into aws_credentials, or set up boto3's default chain.")

    def regions(self) -> list[str]:
        """The enabled regions."""
        return account.regions(self.connection)

    def scopes(self, resource: Resource) -> list[str | None]:
        """The regions to read a resource type in; one None for what is global."""
        return [*self.regions()] if resource.scope == "region" else [None]

    @property
    def stopping(self) -> bool:
        """Whether this verb shall end at its next safe point."""
        return self.asked is not None and self.asked.stopping.is_set()

    def ends(self) -> None:
        """Lets others in line: what this verb held is about to be free, and everybody will see so."""
        if self.asked is not None:
            self.asked.ends()

    def forget(self) -> None:
        """Drops what was read of installed modules and links, after DDL."""
        for name in ("installed", "resources", "links", "heirs"):
            self.__dict__.pop(name, None)

    @contextmanager
    def verb(self, transaction: str) -> Iterator[None]:
        """The engine's writes inside carry this transaction id."""
        self.connection.execute("select iasql.begin_verb(%s)", [transaction])
        try:
            yield
        finally:
            if not self.connection.closed:
                self.connection.execute("select iasql.end_verb()")
