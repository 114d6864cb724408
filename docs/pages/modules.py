"""The list of modules in the README, made from the modules."""

from __future__ import annotations

import re

from iasql.modules import discover

LIST = re.compile(r"(?<=<!-- modules -->\n).*?(?=<!-- end of modules -->)", re.S)


def filled(readme: str) -> str:
    """The README with the list as it must be."""
    rows = [
        f"| `{name}` | {', '.join(f'`{resource.table}`' for resource in module.resources)} |\n"
        for name, module in sorted(discover().items())
    ]
    return LIST.sub("| module | tables |\n|---|---|\n" + "".join(rows), readme)
