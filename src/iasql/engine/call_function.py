"""Runs a module's own function that talks to AWS, beside whatever else goes on.

What it changed comes into the tables by a refresh of the tables it names. The next step is the caller.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import attrs
from botocore.exceptions import BotoCoreError, ClientError

from iasql.cloud.verdict import verdict
from iasql.db import home, rows
from iasql.engine.context import Context
from iasql.engine.job import told_of
from iasql.engine.modes import Modes
from iasql.engine.refresh import refresh
from iasql.errors import CloudError, HostError, NotInstalled, PermissionDenied
from iasql.log import calls, settings
from iasql.plan.state import Image
from iasql.resource import Function, Host


@attrs.frozen(kw_only=True)
class FunctionContext:
    """What a module's function may use: clients, rows and secrets of its own database."""

    context: Context

    @property
    def default_region(self) -> str:
        """The region that default_aws_region() gives."""
        row = self.context.connection.execute("select public.default_aws_region()").fetchone()
        assert row is not None
        return str(row[0])

    def client(self, service: str, region: str | None = None) -> Any:
        """A client of this service in this region, else in the default one."""
        return self.context.aws.client(service, region or self.default_region)

    def at(self, host: Host, name: str) -> Any:
        """A connection to the machine of that name."""
        return self.context.aws.at(host, name)

    def rows(self, table: str, **equal: Any) -> list[Image]:
        """The rows of a table that have these values, as they are now."""
        return rows.read(self.context.connection, table, [equal] if equal else None)

    def secret(self, table: str, key: Image, column: str) -> str | None:
        """A secret in clear, for a call that needs it."""
        return rows.secret(self.context.connection, table, key, column)


def call_function(
    context: Context, name: str, arguments: dict[str, Any], may_refresh: Callable[[], Any]
) -> list[Image]:
    """The rows of one function; `may_refresh` guards the tables while they are refreshed afterwards."""
    function = find(context, name)
    refuse_role(context, function, arguments)
    tx = str(uuid.uuid4())
    mutates = function.changes(arguments)
    if mutates:
        refuse_followed(context, function)
    told = function.tells(arguments) if mutates and function.tells is not None else None
    intent = calls.intend_function(context.connection, tx, name, context.epoch, told) if mutates else None
    try:
        found = [dict(row) for row in function.run(FunctionContext(context=context), **arguments)]
    except (ClientError, BotoCoreError, HostError) as error:
        failure = verdict(error)
        if intent is not None:
            calls.conclude_function(context.connection, tx, name, intent, error=told_of(failure))
        raise CloudError(
            f"{name}: {failure}",
            operation=failure.operation,
            code=failure.code,
            text=failure.text,
            request_id=failure.request_id,
            hint=getattr(error, "hint", None),
        ) from error
    if intent is not None:
        calls.conclude_function(context.connection, tx, name, intent)
    if function.refreshes:
        with may_refresh(), context.verb(tx):
            refresh(context, function.refreshes, tx)
    return found


def refuse_role(context: Context, function: Function, arguments: dict[str, Any]) -> None:
    """Raises PermissionDenied where the caller's roles do not let him make this call."""
    if context.asked is None or "iasql_user" in context.asked.roles:
        return
    if function.everybody is None or not function.everybody(arguments):
        raise PermissionDenied(
            f"{context.asked.user} may not call {function.name} so: it needs the role iasql_user",
            hint=f"An administrator can: grant iasql_user to {context.asked.user};",
        )


def refuse_followed(context: Context, function: Function) -> None:
    """Raises where nothing may be changed at AWS so: in a copy of a database, where tables only follow, unapproved."""
    home.refuse_copy(context.connection)
    if Modes.read(context.connection).follows(function.refreshes):
        raise PermissionDenied(
            f"{function.name} would change the cloud, which is only followed here",
            hint="The mode in iasql_mode is TRACK.",
        )
    if settings.read(context.connection).needs_approval:
        raise PermissionDenied(
            f"{function.name} would change the cloud without a plan that somebody could approve",
            hint="The setting approval is required.",
        )


def find(context: Context, name: str) -> Function:
    """The function of an installed module; raises NotInstalled."""
    for module in context.installed.values():
        for function in module.functions:
            if function.name == name:
                return function
    raise NotInstalled(f"no installed module has a function {name}")
