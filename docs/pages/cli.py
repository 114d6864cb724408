"""The page of the command line, made from the commands themselves."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any, get_type_hints

import attrs
import typer
from typer.models import ArgumentInfo, OptionInfo

HEAD = """\
# The command line

`iasql COMMAND --help` tells the same. Every command that talks to a database takes `--dsn` (or `IASQL_DSN`) for an
external PostgreSQL, or `--data-dir` for an embedded server; with neither, the embedded server of this user is meant.

| exit code | meaning |
|---|---|
| 0 | done |
| 1 | refused or failed; standard error says why |
| 2 | wrong usage |
| 3 | no engine or no database answers |
"""


@attrs.frozen(kw_only=True)
class Parameter:
    """An option or argument as a user writes it."""

    name: str
    help: str


@attrs.frozen(kw_only=True)
class Command:
    """One command, `database create` for example."""

    name: str
    text: str
    options: tuple[Parameter, ...]

    @property
    def summary(self) -> str:
        """The first paragraph of its help."""
        return self.text.partition("\n\n")[0].replace("\n", " ")


def commands(app: typer.Typer, prefix: str = "") -> Iterator[Command]:
    """Every command of an application, those of its groups included."""
    for info in app.registered_commands:
        assert info.callback is not None
        name = info.name or info.callback.__name__
        options = tuple(_parameters(info.callback))
        yield Command(name=f"{prefix}{name}", text=inspect.getdoc(info.callback) or "", options=options)
    for group in app.registered_groups:
        assert group.typer_instance is not None
        yield from commands(group.typer_instance, f"{prefix}{group.name} ")


def _parameters(function: Any) -> Iterator[Parameter]:
    for name, annotation in get_type_hints(function, include_extras=True).items():
        for said in getattr(annotation, "__metadata__", ()):
            if isinstance(said, ArgumentInfo):
                yield Parameter(name=(said.metavar or name).upper(), help=said.help or "")
            elif isinstance(said, OptionInfo):
                yield Parameter(name=_written(name, said), help=said.help or "")


def _written(name: str, said: OptionInfo) -> str:
    told = [said.default, *(said.param_decls or ())]  # inside Annotated the first name stands where a default would
    written = [part for part in told if isinstance(part, str) and part.startswith("-")]
    written = written or [f"--{name.replace('_', '-')}"]
    return ", ".join(written) + (f" {said.metavar}" if said.metavar else "")


def page(app: typer.Typer) -> str:
    """The whole page."""
    return HEAD + "".join(_section(command) for command in commands(app))


def _section(command: Command) -> str:
    rows = "".join(f"| `{option.name}` | {option.help} |\n" for option in command.options)
    table = f"\n| option | |\n|---|---|\n{rows}" if rows else ""
    return f"\n## iasql {command.name}\n\n{command.text}\n{table}"
