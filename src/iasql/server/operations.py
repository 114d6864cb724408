"""What the engine answers: the name of each operation, who may call it, and the verb behind it.

The channel brings a request, the operation turns its arguments into a verb and gives back rows.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import Any, Protocol

import attrs
import psycopg

from iasql.db import home
from iasql.engine import sync
from iasql.engine.call_function import call_function
from iasql.engine.catalogue import modules_list
from iasql.engine.commit import Terms, commit
from iasql.engine.context import Context
from iasql.engine.drift import drift
from iasql.engine.expire import expire
from iasql.engine.install import install, uninstall
from iasql.engine.preview import plan_digest, preview
from iasql.engine.recover import recover
from iasql.engine.stash import stash
from iasql.errors import InvalidArgument, NotInstalled
from iasql.log import markers, transaction
from iasql.plan.state import Image
from iasql.server.channel import Operation, Request

logger = logging.getLogger(__name__)

Progress = Callable[[str], None]


class Workplace(Protocol):
    """What lends an operation its context, and guards the tables while it writes them."""

    def context(
        self, session: psycopg.Connection, request: Request, progress: Progress
    ) -> AbstractContextManager[Context]:
        """A context that works on this session."""
        ...

    def tables(self) -> AbstractContextManager[Any]:
        """Holds other writers of the tables off."""
        ...

    def running(self) -> Request | None:
        """What runs alone just now."""
        ...

    def wake_clock(self) -> None:
        """Lets the clock look whether something is due."""
        ...


@attrs.frozen
class Verb:
    """One operation: its role, whether it runs alone, and what it does with a context and its arguments.

    `also` names other roles that may ask for it.
    """

    role: str
    exclusive: bool
    run: Callable[[Context, dict[str, Any]], Iterable[Image]]
    waits: bool = False
    brief: bool = False
    also: tuple[str, ...] = ()


def _commit(context: Context, asked: dict[str, Any]) -> Iterable[Image]:
    terms = Terms(
        message=asked.get("message"),
        force=bool(asked.get("force")),
        allow=frozenset(asked.get("allow") or ()),
        expect=asked.get("expect"),
        wait=asked.get("wait") is not False,
        expires=asked.get("expires"),
    )
    return commit(context, terms)


def _tables(context: Context, asked: dict[str, Any]) -> list[str] | None:
    names = asked.get("table_names")
    unknown = sorted(set(names or ()) - set(context.resources))
    if unknown:
        raise NotInstalled(f"no installed module has a table {', '.join(unknown)}", hint="select * from iasql_tables")
    return names or None


def _sync(context: Context, asked: dict[str, Any]) -> Iterable[Image]:
    return sync.sync(context, _tables(context, asked))


def _refresh(context: Context, asked: dict[str, Any]) -> Iterable[Image]:
    return sync.refresh_only(context, _tables(context, asked))


def _tick(context: Context, asked: dict[str, Any]) -> Iterable[Image]:
    current = transaction.current(context.connection)
    if current.state == "open":
        logger.info("the tick pauses: a transaction is open (%s)", current.told)
        return []
    return [*expire(context), *sync.sync(context, patient=True)]


def _drift(context: Context, asked: dict[str, Any]) -> Iterable[Image]:
    return drift(context, _tables(context, asked))


def _expire(context: Context, asked: dict[str, Any]) -> Iterable[Image]:
    return expire(context)


def _install(context: Context, asked: dict[str, Any]) -> Iterable[Image]:
    return install(context, asked.get("modules") or [])


def _uninstall(context: Context, asked: dict[str, Any]) -> Iterable[Image]:
    return uninstall(context, asked.get("modules") or [])


def _modules_list(context: Context, asked: dict[str, Any]) -> Iterable[Image]:
    return modules_list(context.known)


def _preview(context: Context, asked: dict[str, Any]) -> Iterable[Image]:
    return list(preview(context))


def _digest(context: Context, asked: dict[str, Any]) -> Iterable[Image]:
    return plan_digest(context)


def _stash(context: Context, asked: dict[str, Any]) -> Iterable[Image]:
    return stash(context, str(asked.get("name")))


def _refused(context: Context, asked: dict[str, Any]) -> Iterable[Image]:
    """A SQL function has refused something by itself, and tells so for the log."""
    op, state, told = (str(asked.get(name) or "") for name in ("operation", "sqlstate", "message"))
    markers.refused(context.connection, op, state, told, context.caller)
    return []


OTHERS = ("iasql_approver", "iasql_operator", "iasql_auditor")
"""Roles that may ask for what changes nothing, beside users."""

VERBS: dict[str, Verb] = {
    "preview": Verb("iasql_user", False, _preview, also=OTHERS),
    "drift": Verb("iasql_user", False, _drift, also=OTHERS),
    "digest": Verb("iasql_approver", False, _digest),
    "stash": Verb("iasql_user", True, _stash),
    "commit": Verb("iasql_user", True, _commit),
    "refresh": Verb("iasql_user", True, _refresh, brief=True),
    "sync": Verb("iasql_user", True, _sync, brief=True),
    "tick": Verb("iasql_engine", True, _tick, waits=True, brief=True),
    "expire": Verb("iasql_engine", True, _expire, waits=True, brief=True),
    "install": Verb("iasql_operator", True, _install),
    "uninstall": Verb("iasql_operator", True, _uninstall),
    "modules_list": Verb("iasql_user", False, _modules_list, also=OTHERS),
    "refused": Verb("iasql_user", False, _refused, also=OTHERS),
}


def operations(workplace: Workplace) -> dict[str, Operation]:
    """Every operation that the channel of one database answers."""
    found = {name: _operation(workplace, verb) for name, verb in VERBS.items()}
    found["function"] = _function(workplace)
    found["cancel"] = _cancel(workplace)
    found["commit"] = _telling_the_clock(workplace, found["commit"])
    return found


def _operation(workplace: Workplace, verb: Verb) -> Operation:
    def run(request: Request, session: psycopg.Connection, progress: Progress) -> Iterable[Image]:
        with workplace.context(session, request, progress) as context:
            if not verb.exclusive:
                return verb.run(context, request.arguments)
            with workplace.tables():
                if home.copied_from(session) is None:
                    recover(context)
                    request.ending.clear()  # that of the commit left behind was not the end of this
                return verb.run(context, request.arguments)

    return Operation(
        run=run, exclusive=verb.exclusive, role=verb.role, also=verb.also, waits=verb.waits, brief=verb.brief
    )


def _telling_the_clock(workplace: Workplace, commit: Operation) -> Operation:
    """A commit may be one that expires, or one that an expiry waited for."""

    def run(request: Request, session: psycopg.Connection, progress: Progress) -> Iterable[Image]:
        try:
            return commit.run(request, session, progress)
        finally:
            workplace.wake_clock()

    return attrs.evolve(commit, run=run)


def _function(workplace: Workplace) -> Operation:
    def run(request: Request, session: psycopg.Connection, progress: Progress) -> Iterable[Image]:
        name, arguments = request.arguments.get("name"), request.arguments.get("arguments") or {}
        if not isinstance(name, str):
            raise InvalidArgument("a function call names its function")
        with workplace.context(session, request, progress) as context:
            return call_function(context, name, arguments, workplace.tables)

    return Operation(run=run, exclusive=False, role=None)


def _cancel(workplace: Workplace) -> Operation:
    def run(request: Request, session: psycopg.Connection, progress: Progress) -> Iterable[Image]:
        running = workplace.running()
        if running is None:
            return [{"message": "nothing is running", "transaction_id": None}]
        current = transaction.current(session)
        transaction.refuse_stranger(current, request.user, request.roles)
        running.cancel(request.actor or request.user)
        committing = current.transaction_id if current.state in transaction.COMMITTING else None
        told = f"{running.op} by {running.actor or running.user} will stop at its next safe point"
        return [{"message": told, "transaction_id": committing}]

    return Operation(run=run, exclusive=False, role="iasql_user")
