"""Writes to the tables what the cloud decided, and to the log what both sides turn out to agree on.

A row is written only as far as nobody changed it since it was compared. What cannot be written, because a
user's own foreign key or a reference stands in the way, is held and shown in `iasql_conflict`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

import attrs
import psycopg
from psycopg import errors as postgres

from iasql.db import rows
from iasql.engine.context import Context
from iasql.engine.links import unresolved
from iasql.log import agreement, calls, held, net
from iasql.plan.merge import Difference
from iasql.plan.plan import Step, plan
from iasql.plan.state import CloudId, Image, Key, key_of, natural_key_of
from iasql.resource import Resource

AT_A_TIME = 2000
"""Rows that one statement writes."""
BRIEFLY = "set local lock_timeout to '100ms'"
LOCKED = {"reason": "another session holds a lock on the row: it is written with a later sync"}
RESERVED = "the open transaction has deleted or renamed a row of this name, which a rollback would put back"


def apply(context: Context, resource: Resource, differences: Iterable[Difference], transaction: str) -> list[Step]:
    """Creates and updates rows of one type; gives back the steps that were really taken."""
    found = list(differences)
    agreeing = [(each.ours, each.agree) for each in found if each.ours is not None and each.agree]
    with context.connection.transaction():
        calls.log_agreed(context.connection, transaction, [(resource.table, row.key, agree) for row, agree in agreeing])
        # else it would outlive the row that has it now, and be about whatever has the same name later
        former = [(resource.table, row.former, row.key) for row, _ in agreeing if row.former is not None]
        calls.log_passed_on(context.connection, transaction, former)
    calls.log_ended(
        context.connection,
        transaction,
        [
            (resource.table, each.ours.key, _identity(resource, each.ours.agreed))
            for each in found
            if each.ours and each.ended
        ],
    )
    taken = _create(context, resource, [each for each in found if each.tables == "create"])
    return taken + _update(context, resource, [each for each in found if each.tables == "update"])


def remove(context: Context, resource: Resource, differences: Iterable[Difference]) -> list[Step]:
    """Deletes the rows of one type whose resources are gone; each that cannot go is held by name."""
    steps: list[Step] = []
    for difference in differences:
        if difference.tables != "delete" or difference.ours is None or difference.ours.image is None:
            continue
        key = difference.ours.key
        hindrance = held.hindrance(context.connection, resource.table, key)
        if hindrance is not None:
            held.hold(context.connection, resource.table, key, "deletion_prevented", hindrance)
        elif _write(context, resource, "delete", frozenset(), [difference]):
            steps += plan([difference]).tables
    return steps


def _create(context: Context, resource: Resource, found: list[Difference]) -> list[Step]:
    before = net.before_open(context.connection, resource.table) if found else []
    differences = _unreserved(context, resource, found, before)
    former = _former_keys(context, resource, differences, before)
    among_them = any(reference.table == resource.table for reference in resource.references)
    size = len(differences) if among_them else AT_A_TIME  # one may refer to another
    return [
        step
        for start in range(0, len(differences), size or 1)
        for step in _create_some(context, resource, differences[start : start + size], former)
    ]


def _create_some(
    context: Context, resource: Resource, differences: list[Difference], former: Mapping[CloudId, Key]
) -> Iterator[Step]:
    by_columns: dict[tuple[str, ...], list[tuple[Difference, Image]]] = defaultdict(list)
    for difference in differences:
        image = _placed(context, resource, difference)
        if image is not None:
            image |= former.get(tuple(image.get(name) for name in resource.cloud_id), {})
            by_columns[tuple(sorted(image))].append((difference, image))
    for columns, group in by_columns.items():
        inserted = _inserted(context, resource, columns, group)
        steps = plan(difference for difference, _ in inserted).tables
        for step, (_, image) in zip(steps, inserted, strict=True):
            context.links.learn(resource, image)
            yield _with_key(step, key_of(resource, image))


def _unreserved(
    context: Context, resource: Resource, differences: list[Difference], before: list[Image]
) -> list[Difference]:
    """Those whose names are no row's that a rollback of the open transaction would put back; the others wait for it."""
    reserved = {natural_key_of(resource, image) for image in before} - {None}
    for each in differences:
        if natural_key_of(resource, each.theirs) in reserved:
            name = {column: (each.theirs or {}).get(column) for column in resource.cloud_id}
            held.hold(context.connection, resource.table, name, "import_prevented", {"reason": RESERVED})
    return [each for each in differences if natural_key_of(resource, each.theirs) not in reserved]


def _former_keys(
    context: Context, resource: Resource, differences: list[Difference], before: list[Image]
) -> dict[CloudId, Key]:
    """The primary key that the log last had for a cloud id, if no row has it: old keys never name other rows.

    A deleted row whose resource is still there keeps its key: its deletion waits. So does one that a rollback of the
    open transaction would put back. Of several that one row stood for or was called, only the last one gets its key.
    """
    if not resource.has_surrogate or not differences:
        return {}
    names = resource.cloud_id
    identities = [{name: (each.theirs or {}).get(name) for name in names} for each in differences]
    known = agreement.last_keys(context.connection, resource.table, identities)
    there = rows.read(context.connection, resource.table, [key for _, key in known])
    waiting = agreement.lost_keys(context.connection, resource.table) if known else []
    taken = {_name(resource, row) for row in (*there, *waiting, *before)}
    last = {_name(resource, key): (identity, key) for identity, key in known}
    return {tuple(identity[n] for n in names): key for name, (identity, key) in last.items() if name not in taken}


def _inserted(
    context: Context, resource: Resource, columns: tuple[str, ...], group: list[tuple[Difference, Image]]
) -> list[tuple[Difference, Image]]:
    """The rows that could be inserted, all at once, or in halves when one of them is in the way."""
    try:
        with context.writer.transaction():
            images = rows.write(context.writer, resource.table, "insert", list(columns), [i for _, i in group])
        return [(difference, image) for (difference, _), image in zip(group, images, strict=True)]
    except (psycopg.IntegrityError, postgres.LockNotAvailable) as error:
        if len(group) == 1:
            image = group[0][1]
            name = {column: image.get(column) for column in resource.cloud_id}
            held.hold(context.connection, resource.table, name, "import_prevented", held.told_by(error))
            return []
    half = len(group) // 2
    return [row for part in (group[:half], group[half:]) for row in _inserted(context, resource, columns, part)]


def _placed(context: Context, resource: Resource, difference: Difference) -> Image | None:
    """The image to insert, without what is null; None when it refers to something that has no row."""
    image = difference.theirs or {}
    missing = unresolved(image)
    if any(not resource.column(name).optional for name in missing):
        return None
    known = {column.name for column in resource.columns if column.role != "local"}
    return {k: v for k, v in image.items() if v is not None and k in known and k not in missing}


def _update(context: Context, resource: Resource, differences: list[Difference]) -> list[Step]:
    by_columns: dict[frozenset[str], list[Difference]] = defaultdict(list)
    for difference in differences:
        missing = set(unresolved(difference.theirs or {}))
        columns = difference.pull - {n for n in missing if not resource.column(n).optional}
        if missing & columns and all((difference.ours.image or {}).get(n) is None for n in columns):  # type: ignore[union-attr]
            continue
        by_columns[columns].append(difference)
    steps: list[Step] = []
    for columns, group in by_columns.items():
        if not columns:
            continue
        for start in range(0, len(group), AT_A_TIME):
            steps += plan(_write(context, resource, "update", columns, group[start : start + AT_A_TIME])).tables
    return steps


def _write(
    context: Context, resource: Resource, action: str, columns: frozenset[str], differences: list[Difference]
) -> list[Difference]:
    """Updates or deletes rows, but those that something stands in the way of: they are held, and looked at again."""
    try:
        return _write_at_once(context, resource, action, columns, differences)
    except (psycopg.IntegrityError, postgres.LockNotAvailable):
        pass
    found: list[Difference] = []
    for each in differences:
        assert each.ours is not None
        key = each.ours.key
        try:
            with context.writer.transaction():
                context.writer.execute(BRIEFLY)
                found += _write_at_once(context, resource, action, columns, [each])
        except postgres.LockNotAvailable:
            held.hold(context.connection, resource.table, key, "locked", LOCKED)
        except psycopg.IntegrityError as error:
            kind = "deletion_prevented" if action == "delete" else "import_prevented"
            held.hold(context.connection, resource.table, key, kind, held.told_by(error))
    return found


def _write_at_once(
    context: Context, resource: Resource, action: str, columns: frozenset[str], differences: list[Difference]
) -> list[Difference]:
    """Updates or deletes rows that are still as they were compared; gives the differences of those."""
    watched = columns or {column.name for column in resource.columns if column.role != "volatile"}
    mine = [(each, each.ours.image) for each in differences if each.ours is not None and each.ours.image is not None]
    images = [_pulled(resource, each, columns) for each, _ in mine]
    expected = [{name: image.get(name) for name in watched} for _, image in mine]
    found = rows.write(context.writer, resource.table, action, sorted(columns), images, expected)
    written = {_name(resource, image) for image in found}
    return [each for each, image in mine if _name(resource, image) in written]


def _pulled(resource: Resource, difference: Difference, columns: frozenset[str]) -> Image:
    assert difference.ours is not None
    theirs = difference.theirs or {}
    missing = unresolved(theirs)
    return {**{n: None if n in missing else theirs.get(n) for n in columns}, **difference.ours.key}


def _identity(resource: Resource, image: Image | None) -> Image:
    return {name: (image or {}).get(name) for name in resource.cloud_id}


def _name(resource: Resource, image: Image) -> tuple[object, ...]:
    return tuple(key_of(resource, image).values())


def _with_key(step: Step, key: Key) -> Step:
    return attrs.evolve(step, key=key, after={**(step.after or {}), **key})
