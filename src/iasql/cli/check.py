"""`iasql check`: whether what the modules declare fits AWS's own model; needs no database and no network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from iasql.cli.options import Json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iasql.resource import Module


def check(
    names: Annotated[list[str] | None, typer.Argument(help="Modules or tables; default: all of them.")] = None,
    as_json: Json = False,
) -> None:
    """Check the declarations of resources.

    Compares them with AWS's own model of its API, without a call. Exits 1 when something is wrong.
    """
    import attrs

    from iasql.cli import printed
    from iasql.cli.failure import FAILED, ExitCode
    from iasql.modules import discover
    from iasql.resource.check import check_all

    modules = discover()
    tables = _tables(modules, names or list(modules))
    found = [attrs.asdict(problem) for problem in check_all(modules.values()) if problem.table in tables]
    printed.rows(found, as_json=as_json, empty=f"{len(tables)} checked, nothing wrong.")
    if found:
        raise ExitCode(FAILED)


def _tables(modules: Mapping[str, Module], names: list[str]) -> set[str]:
    """The tables that these names of modules and tables mean."""
    from iasql.errors import InvalidArgument

    by_name = {name: {resource.table for resource in module.resources} for name, module in modules.items()}
    by_name |= {table: {table} for tables in list(by_name.values()) for table in tables}
    unknown = sorted(set(names) - by_name.keys())
    if unknown:
        raise InvalidArgument(f"No module or table has the name {', '.join(unknown)}.")
    return set().union(*(by_name[name] for name in names))
