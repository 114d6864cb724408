"""What must be allowed by name before it is carried out: much at once, and what cannot be undone.

A commit that meets a guard is refused, and its transaction stays open; in automatic mode the change is held. The
next step is `iasql.engine.carry_out`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator

import attrs

from iasql.db import rows
from iasql.engine.context import Context
from iasql.errors import InvalidArgument, Refused
from iasql.log import settings
from iasql.plan.plan import Step

NAMES = frozenset({"mass_delete", "destroys_data", "replaces", "unapproved", "incomplete"})


@attrs.frozen(kw_only=True)
class Guard:
    """The steps that one guard stops, and why."""

    name: str
    reason: str
    steps: tuple[Step, ...]


def guards(context: Context, steps: Iterable[Step]) -> list[Guard]:
    """The guards that these steps of the cloud meet, in the order of their names."""
    chosen = settings.read(context.connection)
    taken = list(steps)
    found = [*mass_deletes(context, taken, chosen)]
    lossy = [step for step in taken if step.action in {"delete", "replace"} and step.resource.holds_data]
    if chosen.guards_data and lossy:
        told = ", ".join(f"{_named(step)}: {step.resource.holds_data} would be lost" for step in lossy)
        found.append(Guard(name="destroys_data", reason=told, steps=tuple(lossy)))
    replaced = [step for step in taken if step.action == "replace"]
    if chosen.guards_replaces and replaced:
        told = ", ".join(f"{_named(step)} would be made anew and its predecessor deleted" for step in replaced)
        found.append(Guard(name="replaces", reason=told, steps=tuple(replaced)))
    return sorted(found, key=lambda guard: guard.name)


def mass_deletes(context: Context, steps: Iterable[Step], chosen: settings.Settings) -> Iterator[Guard]:
    """Tables of which more rows, and a greater share, would be deleted than the settings let pass."""
    gone: dict[str, list[Step]] = defaultdict(list)
    for step in steps:
        if step.action == "delete":
            gone[step.resource.table].append(step)
    for table, deleted in gone.items():
        if len(deleted) <= chosen.mass_delete_rows:
            continue
        total = rows.count(context.connection, table) + len(deleted)
        if 100 * len(deleted) > chosen.mass_delete_percent * total:
            told = f"{len(deleted)} of {total} rows of {table} would be deleted"
            yield Guard(name="mass_delete", reason=told, steps=tuple(deleted))


def refuse_guarded(context: Context, steps: Iterable[Step], allow: Collection[str]) -> None:
    """Raises Refused for what was not allowed by name; nothing was called yet."""
    met = [guard for guard in guards(context, steps) if guard.name not in allow]
    if met:
        names = ", ".join(f"'{name}'" for name in dict.fromkeys(guard.name for guard in met))
        raise Refused(
            "\n".join(f"{guard.name}: {guard.reason}" for guard in met),
            hint=f"Nothing was called. If it is meant: iasql_commit(allow => array[{names}]); else iasql_rollback().",
        )


def refuse_unknown(allow: Collection[str]) -> None:
    """Raises InvalidArgument for a name that is no guard's."""
    unknown = sorted(set(allow) - NAMES)
    if unknown:
        there_are = f"There are {', '.join(sorted(NAMES))}."
        raise InvalidArgument(f"allow: there is no guard {', '.join(unknown)}", hint=there_are)


def _named(step: Step) -> str:
    return f"{step.resource.table} {step.description}"
