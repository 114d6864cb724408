"""A module: resource types, SQL and functions that are installed together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import attrs

from iasql.resource.host import Host
from iasql.resource.image import Image
from iasql.resource.resource import Resource

VERSION = "0.1.0"


class Context(Protocol):
    """What a function of a module may use while it runs."""

    @property
    def default_region(self) -> str:
        """The region that default_aws_region() gives."""
        ...

    def client(self, service: str, region: str | None = None) -> Any:
        """A boto3 client; of the default region when none is named."""
        ...

    def rows(self, table: str, **equal: Any) -> list[Image]:
        """The rows of a table whose columns have these values, as they are now."""
        ...

    def at(self, host: Host, name: str) -> Any:
        """A connection to the machine of that name."""
        ...

    def secret(self, table: str, key: Mapping[str, Any], column: str) -> str | None:
        """A secret in clear."""
        ...


Run: TypeAlias = Callable[..., Iterable[Mapping[str, Any]]]
"""`run(context, **arguments)` gives the rows; every argument arrives as text or None, json ones as what they hold,
variadic ones as a list."""
Given: TypeAlias = Mapping[str, Any]
"""The arguments of one call."""


@attrs.frozen
class Argument:
    """One argument of an SQL function: `Argument("region", "text", "default_aws_region()")`; no default: required."""

    name: str
    sql_type: str = "text"
    default: str | None = None


@attrs.frozen(kw_only=True, eq=False)
class Function:
    """An SQL function that the engine answers.

        Function(
            name="s3_upload_object",
            arguments=(Argument("bucket_name"), Argument("bucket_key"), ...),
            returns=(("bucket", "text"), ("key", "text"), ("status", "text"), ("response_message", "text")),
            run=upload, mutates=True, refreshes=("bucket_object",),
            comment="Puts an object into a bucket.", sample="select * from s3_upload_object(...)",
        )

    mutates     whether it changes something at AWS, or a function of the arguments that tells so
    everybody   of the arguments: whether each role may call it, and not only iasql_user; None: never
    tells       of the arguments: what the log says of a call that changes something, beside its name
    refreshes   the tables that are read again after it ran
    variadic    whether the last argument takes any number of values
    """

    name: str
    arguments: tuple[Argument, ...] = ()
    returns: tuple[tuple[str, str], ...] = ()
    run: Run
    variadic: bool = False
    mutates: bool | Callable[[Given], bool] = False
    everybody: Callable[[Given], bool] | None = None
    tells: Callable[[Given], Mapping[str, Any]] | None = None
    refreshes: tuple[str, ...] = ()
    comment: str = ""
    sample: str = ""
    module: str = ""

    def changes(self, given: Given) -> bool:
        """Whether a call with these arguments changes something at AWS."""
        return self.mutates(given) if callable(self.mutates) else self.mutates


@attrs.frozen(kw_only=True)
class Rebuild:
    """A high-level table that follows low-level ones.

        Rebuild(table="ecs_simplified", source="ecs_simplified_found", follows=("service", "task_definition"))

    source    the view that tells its rows; columns that the view does not have are left alone
    follows   the tables whose rows make them
    """

    table: str
    source: str
    follows: tuple[str, ...]


def _files(value: Any) -> tuple[Path, ...]:
    return (value,) if isinstance(value, Path) else tuple(value)


@attrs.frozen(kw_only=True, eq=False)
class Module:
    """What is installed and removed as one.

        MODULE = Module(name="aws_sqs", dependencies=("aws_account",), resources=(QUEUE,))

    resources   in an order in which their tables can be made; sql: files run after the tables are there
    rebuilds    which of the tables follow others
    """

    name: str
    version: str = VERSION
    dependencies: tuple[str, ...] = ()
    resources: tuple[Resource, ...] = ()
    functions: tuple[Function, ...] = ()
    sql: tuple[Path, ...] = attrs.field(default=(), converter=_files)
    before_uninstall: tuple[Path, ...] = attrs.field(default=(), converter=_files)
    rebuilds: tuple[Rebuild, ...] = ()
    comment: str = ""

    def __attrs_post_init__(self) -> None:
        owned = tuple(attrs.evolve(resource, module=self.name) for resource in self.resources)
        object.__setattr__(self, "resources", owned)
        named = tuple(attrs.evolve(function, module=self.name) for function in self.functions)
        object.__setattr__(self, "functions", named)

    def resource(self, table: str) -> Resource:
        """The resource type whose table that is; KeyError when there is none."""
        return {resource.table: resource for resource in self.resources}[table]


@attrs.frozen(kw_only=True, eq=False)
class AddedModule(Module):
    """A module of a user's own: SQL on low-level tables, and no Python; `install` and `uninstall` are its SQL."""

    install: str = ""
    uninstall: str = ""
