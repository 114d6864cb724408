"""The modules: one folder each, found by looking, never by name.

A module is a folder here whose `MODULE` says which resources, functions and SQL it brings; `discover`
gives them all. Installing, reading and writing what they declare is the work of the layers above.
"""

from __future__ import annotations

from functools import cache
from graphlib import TopologicalSorter
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from iasql.resource import Module


@cache
def discover() -> Mapping[str, Module]:
    """Every module by its name, each after those that it depends on."""
    found = {info.name: import_module(f"{__name__}.{info.name}").MODULE for info in iter_modules(__path__)}
    return MappingProxyType({name: found[name] for name in in_order(found.values())})


def in_order(modules: Iterable[Module]) -> tuple[str, ...]:
    """Names of the modules, each after those that it depends on; a circle raises graphlib.CycleError."""
    known = {module.name: module for module in modules}
    graph = {name: sorted(set(module.dependencies) & set(known)) for name, module in sorted(known.items())}
    return tuple(TopologicalSorter(graph).static_order())
