"""Cloud to tables: everything is listed, side by side, and what differs comes into the tables.

What could not be read is not gone: a scope that failed leaves its rows alone, and is shown in
`iasql_freshness`. A row leaves the tables only after two reads that miss it. The next step is the clock.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping

import attrs

from iasql.cloud.verdict import CloudReadError
from iasql.db import rows
from iasql.engine.apply import apply, remove
from iasql.engine.context import Context
from iasql.engine.follow import follow
from iasql.engine.modes import Modes
from iasql.engine.reading import Reading, parents_of, read_all, read_scope
from iasql.engine.secret_versions import with_versions
from iasql.engine.sides import ours, read_some, standing_for
from iasql.log import agreement, held, markers, net
from iasql.plan.identity import identify
from iasql.plan.merge import Difference, compared, merge, waits
from iasql.plan.plan import Step
from iasql.plan.state import CloudId, Handle, Image, Key, Ours, Pair, cloud_id_of, handle, key_of
from iasql.resource import Resource

SECOND_LOOK = 0.5
"""Seconds before a young row that a read has missed is looked for again."""


@attrs.frozen(kw_only=True)
class Refreshed:
    """What a refresh did to the tables, and which rows the cloud moved away from what ENFORCE holds to."""

    steps: tuple[Step, ...]
    drift: tuple[tuple[str, Key], ...]


def refresh(context: Context, tables: Iterable[str] | None, transaction: str) -> Refreshed:
    """Brings these tables, or all, in line with the cloud; columns that somebody is changing stay as they are."""
    chosen = {t: r for t, r in context.resources.items() if r.list is not None and (tables is None or t in set(tables))}
    top = net.top(context.connection)
    reading = read_all(context, chosen)
    if reading.news:
        markers.error(context.connection, transaction, "\n".join(reading.news))
    since = held.now(context.connection)
    opened = {handle(each.table_name, each.key): each for each in net.touched_by_open(context.connection)}
    steps: list[Step] = []
    drift: list[tuple[str, Key]] = []
    gone: list[tuple[Resource, list[Difference]]] = []
    prevented = False
    for table, resource in chosen.items():
        differences = _differences(context, resource, reading, top, opened)
        taken = apply(context, resource, differences, transaction)
        steps += taken
        prevented = prevented or _imports(differences) > sum(step.action == "create" for step in taken)
        _hold_conflicts(context, resource, differences)
        drift += [(table, each.ours.key) for each in differences if each.drifts and each.ours is not None]
        gone.append((resource, [each for each in differences if each.tables == "delete"]))
        if taken:
            context.progress(f"{table}: {len(taken)} rows")
    removed: list[Step] = []
    for resource, differences in reversed(gone):
        missed = twice_missed(context, resource, differences)
        removed += remove(context, resource, _missed_again(context, resource, reading, missed))
    steps += removed
    if removed and prevented:
        steps += _import_again(context, chosen, reading, transaction, opened)
    for table in chosen:
        held.sweep(context.connection, table, None, held.WHEN_READ, since)
        if reading.whole(table):  # what a commit left is a row by now, as any other
            held.sweep(context.connection, table, None, ("residue",), since)
    follow(context, transaction)
    return Refreshed(steps=tuple(steps), drift=tuple(drift))


def _imports(differences: Iterable[Difference]) -> int:
    return sum(each.tables == "create" for each in differences)


def _import_again(
    context: Context,
    resources: Mapping[str, Resource],
    reading: Reading,
    transaction: str,
    opened: Mapping[Handle, net.Touched],
) -> list[Step]:
    """What could not come in before the rows whose names it bears were gone, and what refers to it."""
    top = net.top(context.connection)
    steps: list[Step] = []
    for table, resource in resources.items():
        held.release(context.connection, table, kinds=["import_prevented"])
        steps += apply(context, resource, _differences(context, resource, reading, top, opened), transaction)
    return steps


def _differences(
    context: Context, resource: Resource, reading: Reading, top: int, opened: Mapping[Handle, net.Touched]
) -> list[Difference]:
    return [left_to(opened, each) for each in compare(context, resource, reading, top)]


def left_to(opened: Mapping[Handle, net.Touched], difference: Difference) -> Difference:
    """The difference without what the open transaction has written: until its end that is as it wrote it."""
    ours = difference.ours
    mine = None if ours is None else opened.get(handle(difference.resource.table, ours.key))
    if mine is None:
        return difference
    columns = difference.pull | difference.agree.keys() if mine.columns is None else set(mine.columns)
    pull = difference.pull - columns
    agree = {name: value for name, value in difference.agree.items() if name not in columns}
    tables = difference.tables if pull and difference.tables == "update" else None
    return attrs.evolve(difference, tables=tables, pull=pull, agree=agree)


def compare(context: Context, resource: Resource, reading: Reading, top: int) -> list[Difference]:
    """The differences of one type, without rows that were written since the reading began."""
    cloud = reading.images(resource.table)
    context.links.load(resource, cloud, from_cloud=True)
    theirs = [context.links.to_tables(resource, image) for image in cloud]
    rest, others = _unsettled(context, resource, theirs)
    if not any(resource.table in child.pers for child in context.resources.values()):
        open_ = {id(image) for image in others}
        reading.keep(resource.table, [image for image, told in zip(cloud, theirs, strict=True) if id(told) in open_])
    del cloud, theirs
    since = net.written_since(context.connection, resource.table, top)
    written = {handle(resource.table, key) for key in since}
    found = _ours(context, resource, rest)
    pairs = with_versions(context, resource, identify(resource, found, others))
    modes = Modes.read(context.connection)
    # one list that misses a row is no proof: what is gone on both sides is told when it is read by its id
    return [
        attrs.evolve(merge(resource, pair, modes.refreshing(resource.table, pair)), ended=False)
        for pair in pairs
        if not _written(resource, pair, written) and _may_judge(resource, pair, reading)
    ]


def _unsettled(context: Context, resource: Resource, theirs: list[Image]) -> tuple[list[Image], list[Image]]:
    """Rows of ours and of the cloud's that are not equal on both sides; about the others the log need not be asked."""
    told: dict[CloudId | None, Image | None] = {cloud_id_of(resource, image): image for image in theirs}
    told[None] = None
    columns = [(column.name, column.kind.same) for column in compared(resource)]
    rest: list[Image] = []
    for row in rows.stream(context.connection, resource.table):
        context.links.learn(resource, row)
        identity = cloud_id_of(resource, row)
        image = told.get(identity)
        if image is not None and all(same(row.get(name), image.get(name)) for name, same in columns):
            told[identity] = None  # settled
        else:
            rest.append(row)

    def open_(image: Image) -> bool:
        identity = cloud_id_of(resource, image)
        return identity is None or told.get(identity, image) is not None

    return [row for row in rest if open_(row)], [image for image in theirs if open_(image)]


def _ours(context: Context, resource: Resource, images: list[Image]) -> list[Ours]:
    keys = [key_of(resource, image) for image in images]
    return ours(context, resource, [*keys, *agreement.lost_keys(context.connection, resource.table)])


def _written(resource: Resource, pair: Pair, written: set[Handle]) -> bool:
    return pair.ours is not None and handle(resource.table, pair.ours.key) in written


def _may_judge(resource: Resource, pair: Pair, reading: Reading) -> bool:
    if pair.theirs is not None or pair.ours is None:
        return True
    return reading.complete(resource, standing_for(pair.ours))


def twice_missed(context: Context, resource: Resource, differences: list[Difference]) -> list[Difference]:
    """Of the rows that a list missed, those that a read by their own id misses too."""
    missing = [each for each in differences if each.tables == "delete" and each.ours is not None]
    if not missing:
        return []
    asked = [standing_for(each.ours) for each in missing if each.ours is not None]
    try:
        found = read_some(context, {resource.table: asked}).get(resource.table, [])
    except CloudReadError:
        return []
    there = {cloud_id_of(resource, context.links.to_tables(resource, image)) for image in found}
    return [each for each, image in zip(missing, asked, strict=True) if cloud_id_of(resource, image) not in there]


def _missed_again(context: Context, resource: Resource, reading: Reading, missed: list[Difference]) -> list[Difference]:
    """The same without young rows that a second complete read finds: AWS tells of what is new only after a while."""
    keys = [each.ours.key for each in missed if each.ours is not None]
    young = {handle(resource.table, key) for key in net.touched_lately(context.connection, resource.table, keys)}
    doubtful = [each for each in missed if each.ours is not None and handle(resource.table, each.ours.key) in young]
    if not doubtful:
        return missed
    time.sleep(SECOND_LOOK)
    regions = {standing_for(each.ours).get("region") for each in doubtful if each.ours is not None}
    parents = {per: parents_of(context, reading, per) for per in resource.pers}
    places = regions if resource.scope == "region" else {None}
    answers = [read_scope(context.aws, parents, (resource, place)) for place in places]
    if any(answer.error is not None for answer in answers):
        return [each for each in missed if each not in doubtful]
    images = [image for answer in answers for image in answer.images]
    context.links.load(resource, images, from_cloud=True)
    there = {cloud_id_of(resource, context.links.to_tables(resource, image)) for image in images}
    return [
        each for each in missed if each.ours is not None and cloud_id_of(resource, standing_for(each.ours)) not in there
    ]


def _hold_conflicts(context: Context, resource: Resource, differences: list[Difference]) -> None:
    for difference in differences:
        if difference.conflicts and difference.ours is not None:
            columns = [each.as_json() for each in difference.conflicts]
            detail = {"columns": columns, "changed_by": list(difference.ours.changed_by)}
            held.hold(context.connection, resource.table, difference.ours.key, "conflict", detail)
    # what is no conflict any more is still to be pushed: the next tick finds it by what is held
    waiting = [each.ours.key for each in differences if each.ours is not None and waits(resource, each.ours)]
    held.keep(context.connection, resource.table, waiting)
