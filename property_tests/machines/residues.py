"""What a failed commit has left: whether it is wholly as before, or wholly as asked, but for what people are told of.

Told is a row, not a table: by its key, in `iasql_conflict`. The next step is `property_tests.machines.machine`, which
goes on from what is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from iasql.plan.state import Key
from property_tests.machines.kinds import KINDS, Values
from property_tests.machines.model import Database, Id, Model


def unnamed(
    cloud: Mapping[Id, Values],
    before: Model,
    which: int,
    keys: Mapping[Id, Key],
    conflicts: Iterable[Mapping[str, Any]],
    *,
    force: bool,
) -> list[Id]:
    """The names that are neither as before nor told of; or neither as asked nor told of, if those are fewer.

    `keys` are the primary keys of the rows before the commit, of those too that it was to delete.
    """
    told = names_told(before, which, keys, conflicts)
    ideals = (before.shown_cloud(), before.attempted(which, force=force))
    return min(
        (
            [
                name
                for name in sorted(cloud.keys() | ideal.keys(), key=repr)
                if cloud.get(name) != ideal.get(name) and not is_told(name, told, before, which)
            ]
            for ideal in ideals
        ),
        key=len,
    )


def names_told(before: Model, which: int, keys: Mapping[Id, Key], conflicts: Iterable[Mapping[str, Any]]) -> set[Id]:
    """What the rows that wait for somebody to decide are called, here and in the cloud."""
    held = [(each["table_name"], each["key"]) for each in conflicts]
    database = before.databases[which]
    found: set[Id] = set()
    for row, key in keys.items():
        if (row[0], key) not in held:
            continue
        if row in database.rows:
            found.add(before.row_name(which, row))
        agreed = database.heritage(row) if row in database.rows else database.agreed.get(row)
        if agreed is not None and agreed.cloud_id in before.cloud:
            found.add(before.name_of(agreed.cloud_id))
    return found


def is_told(name: Id, told: set[Id], before: Model, which: int) -> bool:
    """Whether people are told of it. A rule that no row of theirs stands for is told of with its group: AWS takes it
    along with that, and what is promised are the names of rows."""
    if name in told:
        return True
    parent = KINDS[name[0]].parent
    return parent is not None and (parent, name[1]) in told and not stood_for(name, before, before.databases[which])


def stood_for(name: Id, before: Model, database: Database) -> bool:
    """Whether a row stands for what has this name in the cloud."""
    return any(a.cloud_id in before.cloud and before.name_of(a.cloud_id) == name for a in database.agreed.values())
