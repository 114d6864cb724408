"""Machines that tables of a database name: their rows with secrets in clear, and the connections that are open.

What opening one tells (its host key) goes into its row: from then on it is checked. See `iasql.resource.host`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeAlias

import attrs
import psycopg

from iasql.db import rows
from iasql.errors import HostError
from iasql.plan.state import Image
from iasql.resource import Guest, Host

Told: TypeAlias = tuple[tuple[str, object], ...]
"""How a machine is reached, as far as a row says it."""


@attrs.define(kw_only=True, slots=False)
class Opened:
    """The connections that are open, by what their rows say: another password means another connection."""

    _guests: dict[Told, Guest] = attrs.field(factory=dict, init=False)
    _lock: threading.Lock = attrs.field(factory=threading.Lock, init=False)

    def get(self, told: Told) -> Guest | None:
        """The connection, while it stands."""
        with self._lock:
            found = self._guests.get(told)
            return found if found is not None and found.alive else None

    def keep(self, told: Told, guest: Guest) -> None:
        """Keeps a connection for the next verb."""
        with self._lock:
            self._guests[told] = guest

    def close(self) -> None:
        """Ends all of them."""
        with self._lock:
            for guest in self._guests.values():
                guest.close()
            self._guests.clear()


@attrs.frozen(kw_only=True)
class KnownHosts:
    """The machines of one database, as a verb sees them."""

    connection: psycopg.Connection
    write: Callable[[str, Image, Image], None]
    opened: Opened

    def at(self, host: Host, name: str) -> Guest:
        """A connection to the machine of that name; HostError where there is none."""
        row = self.row(host, name)
        told = _told(row)
        found = self.opened.get(told)
        if found is not None:
            return found
        guest = host.open(row)
        if guest.learned:
            self.write(host.table, {"id": row["id"]}, dict(guest.learned))
        self.opened.keep(_told(row | dict(guest.learned)), guest)
        return guest

    def row(self, host: Host, name: str) -> Image:
        """The row of a machine, with its secrets in clear."""
        found = rows.read(self.connection, host.table, [{host.column: name}])
        if not found:
            known = ", ".join(sorted(row[host.column] for row in rows.read(self.connection, host.table)))
            hint = f"There is: {known}." if known else f"The table {host.table} is empty."
            raise HostError(f"{host.table} has no row {name}", hint=hint)
        row, key = found[0], {"id": found[0]["id"]}
        secrets = {c: rows.secret(self.connection, host.table, key, c) for c in row if _is_secret(row[c])}
        return row | secrets


def _told(row: Image) -> Told:
    return tuple(sorted((name, str(value)) for name, value in row.items()))


def _is_secret(value: object) -> bool:
    """Whether an image shows the version of a secret in the place of a value."""
    return isinstance(value, str) and value.startswith("hmac:")
