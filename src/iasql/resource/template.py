"""Arguments of a call as a value: `{"TagSet": "$tags"}` is filled with the columns of a row.

`"$column"` stands for the column's value; what is null or empty falls out, with what only held it. In a create
`"$table.column"` stands for that column of all rows that the same call makes (Resource.made_with). A function of
the row's values, marked by `takes` with its columns, says a part that no template can.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

EMPTY: tuple[Any, ...] = (None, {}, [])


@attrs.frozen(eq=False)
class Given:
    """A part of a template that is sent only when a column has a value."""

    column: str
    part: Any
    when: Any = None

    def holds(self, values: Mapping[str, Any]) -> bool:
        value = values.get(self.column)
        return value not in EMPTY if self.when is None else bool(value == self.when)


def given(column: str, part: Any, when: Any = None) -> Given:
    """A part that is sent only when the column has a value, or has the value `when`:

    `IpRanges=[given("cidr_ipv4", {"CidrIp": "$cidr_ipv4", "Description": "$description"})]`
    """
    return Given(column, part, when)


def fill(template: Any, values: Mapping[str, Any]) -> Any:
    """The template with the values in it, empty parts left out; None when nothing is left."""
    if isinstance(template, Given):
        return fill(template.part, values) if template.holds(values) else None
    if callable(template):
        return template(values)
    if isinstance(template, str):
        return _said(template[1:], values) if template.startswith("$") else template
    if isinstance(template, Mapping):
        filled = {name: fill(part, values) for name, part in template.items()}
        return {name: part for name, part in filled.items() if part not in EMPTY}
    if isinstance(template, list | tuple):
        return [part for part in (fill(part, values) for part in template) if part not in EMPTY]
    return template


def names(template: Any) -> frozenset[str]:
    """The columns that a template takes."""
    if callable(template):
        return frozenset(template.__dict__["takes"])
    if isinstance(template, Given):
        return names(template.part) | {template.column}
    if isinstance(template, str):
        return frozenset((template[1:],)) if template.startswith("$") and "." not in template else frozenset()
    if isinstance(template, Mapping):
        template = list(template.values())
    if isinstance(template, list | tuple):
        return frozenset().union(*(names(part) for part in template))
    return frozenset()


def handwritten(template: Any) -> bool:
    """Whether a function says a part of it; such a one takes only what AWS takes, where references are cloud ids."""
    if isinstance(template, Given):
        return handwritten(template.part)
    if isinstance(template, Mapping):
        template = list(template.values())
    if isinstance(template, list | tuple):
        return any(map(handwritten, template))
    return callable(template)


def _said(name: str, values: Mapping[str, Any]) -> Any:
    table, _, column = name.partition(".")
    return [row.get(column) for row in values.get(f"${table}") or ()] if column else values.get(name)
