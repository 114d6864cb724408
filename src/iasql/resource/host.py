"""Rows that are another machine's and not AWS's: how such a machine is reached."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import attrs


class Guest(Protocol):
    """A connection to a machine, as `Host.open` gives it; what it can do is between it and the verbs that use it."""

    @property
    def alive(self) -> bool:
        """Whether it still stands."""
        ...

    @property
    def learned(self) -> Mapping[str, Any]:
        """Columns of the host's row that opening it has told (its host key)."""
        ...

    def close(self) -> None:
        """Ends it."""
        ...


@attrs.frozen(kw_only=True)
class Host:
    """A kind of machine: the table whose rows say how to reach each, and what opens one.

        SSH = Host(table="ssh_credentials", column="name", open=connect)

    The resources of such machines name it, `Resource(Package, host=SSH, per="ssh_credentials", ...)`, have verbs
    written by hand, and refer to the table by the column; their verbs get what `open` gives in the place of a client.

    column   what rows of the table are called by
    open     `open(row)`, with the row's secrets in clear, gives a Guest; errors.HostError says why not
    """

    table: str
    column: str
    open: Callable[[Mapping[str, Any]], Guest]
