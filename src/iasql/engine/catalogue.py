"""The modules that can be installed, as `iasql_modules_list()` shows them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from iasql import __version__
from iasql.plan.state import Image
from iasql.resource import Module


def modules_list(known: Mapping[str, Module]) -> Iterator[Image]:
    """One row a module, with its version and what it depends on."""
    for name in ("iasql_platform", "iasql_functions"):
        needs = [] if name == "iasql_platform" else [f"iasql_platform@{__version__}"]
        yield {"module_name": name, "module_version": __version__, "dependencies": needs}
    for module in sorted(known.values(), key=lambda each: each.name):
        needs = [f"{n}@{known[n].version if n in known else __version__}" for n in module.dependencies]
        yield {"module_name": module.name, "module_version": module.version, "dependencies": needs}
