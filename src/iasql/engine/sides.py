"""Both sides read into one value: rows of ours with what the log says of them, and what the cloud answers.

Ours come by key, theirs by the cloud ids that ours stand for, many at a time and side by side. The next step
is `iasql.plan`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeAlias

import attrs

from iasql.cloud import reader
from iasql.cloud.known import NOTHING, Known
from iasql.cloud.verdict import CloudReadError
from iasql.db import rows
from iasql.engine.context import Context
from iasql.engine.secret_versions import with_versions
from iasql.log import agreement
from iasql.plan.identity import identify, inherit, known_as
from iasql.plan.merge import merge
from iasql.plan.order import referred
from iasql.plan.state import Handle, Image, Key, Ours, Pair, cloud_id_of, handle, key_of, natural_key_of
from iasql.resource import Resource
from iasql.resource.label import label

READERS = 16
Scope: TypeAlias = tuple[str, str | None, tuple[str, ...]]
"""A table, a region where it has any, and the columns to look rows up by."""


@attrs.frozen(kw_only=True)
class Sides:
    """Pairs by table, in the order of references, and the cloud's own image of each row by handle."""

    pairs: dict[str, list[Pair]]
    raw: dict[Handle, Image]


def everything(resource: Resource, row: Ours) -> Known:
    """All of a row is asked for."""
    return NOTHING


def ours(context: Context, resource: Resource, keys: Iterable[Key]) -> list[Ours]:
    """The rows of ours with these keys, deleted ones included, with what the log says of each."""
    wanted = list({handle(resource.table, key): key for key in keys}.values())
    images = {
        handle(resource.table, key_of(resource, i)): i for i in rows.read(context.connection, resource.table, wanted)
    }
    found = agreement.standing(context.connection, resource.table, wanted)
    standing = [
        Ours(
            key=each.key,
            image=images.get(handle(resource.table, each.key)),
            agreed=each.agreed,
            written=frozenset(each.written),
            changed_by=tuple(each.changed_by),
        )
        for each in found
    ]
    return context.heirs.meant(resource, standing)


def with_orphans(context: Context, resource: Resource, found: list[Ours]) -> list[Ours]:
    """These rows after new ones among them inherited the agreement of rows that were deleted earlier."""
    if not any(row.agreed is None and row.image is not None for row in found):
        return inherit(resource, found)
    here = {handle(resource.table, row.key) for row in found}
    lost = [
        key
        for key in agreement.lost_keys(context.connection, resource.table)
        if handle(resource.table, key) not in here
    ]
    strangers = ours(context, resource, lost) if lost else []
    joined = inherit(resource, [*found, *strangers])
    context.heirs.learn(resource, joined)
    return [row for row in joined if handle(resource.table, row.key) in here]


def without_replaced(context: Context, resource: Resource, found: list[Ours]) -> list[Ours]:
    """These rows without deleted ones whose resource another row stands for by now: it is not theirs to delete."""
    gone = [row for row in found if row.image is None and cloud_id_of(resource, row.agreed) is not None]
    if not gone:
        return found
    asked = [{name: (row.agreed or {})[name] for name in resource.cloud_id} for row in gone]
    named = [key_of(resource, image) for image in rows.read(context.connection, resource.table, asked)]
    # a row that only takes over the name stands for something else yet
    alive = {known_as(resource, row) for row in ours(context, resource, named)} if named else set()
    return [row for row in found if row.image is not None or cloud_id_of(resource, row.agreed) not in alive]


def both(
    context: Context,
    keys: Mapping[str, Iterable[Key]],
    unread: dict[Handle, str] | None = None,
    known: Callable[[Resource, Ours], Known] = everything,
) -> Sides:
    """Both sides of the rows with these keys; only what they stand for is read from AWS.

    Where `unread` is given, rows that cannot be read are left out and noted there with the reason; else that raises.
    `known` tells what need not be asked about a row.
    """
    mine = {
        table: with_orphans(
            context, resource, without_replaced(context, resource, ours(context, resource, keys[table]))
        )
        for table, resource in context.resources.items()
        if table in keys
    }
    for table, found in mine.items():
        for row in found:
            context.links.learn(context.resources[table], standing_for(row))
    asked = {table: [standing_for(row) for row in found] for table, found in mine.items()}
    told = {table: [known(context.resources[table], row) for row in found] for table, found in mine.items()}
    called = {table: [handle(table, row.key) for row in found] for table, found in mine.items()}
    theirs = read_some(context, asked, unread, told, called)
    adopted: set[Handle] = set()
    while True:
        left = {t: [row for row in found if handle(t, row.key) not in (unread or {})] for t, found in mine.items()}
        sides = _paired(context, left, theirs)
        news = _adopted(context, sides) - adopted
        more = _referring_to(context, sides, news)
        if not more:  # what refers to one that was adopted just now is told by the row that it has
            return _paired(context, left, theirs) if news else sides
        adopted |= news
        for table, images in read_some(context, more, unread).items():
            theirs[table] = _once(context.resources[table], [*theirs.get(table, []), *images])


def _adopted(context: Context, sides: Sides) -> set[Handle]:
    """New rows that turned out to be what the cloud has already, which others may refer to by its cloud id now."""
    found: set[Handle] = set()
    for table, pairs in sides.pairs.items():
        resource = context.resources[table]
        for pair in pairs:
            if pair.ours is None or pair.theirs is None or pair.ours.image is None or pair.ours.agreed is not None:
                continue
            if not merge(resource, pair).conflicts:
                context.links.learn(resource, {**pair.ours.image, **_only(pair.theirs, resource.cloud_id)})
                found.add(handle(table, pair.ours.key))
    return found


def _referring_to(context: Context, sides: Sides, targets: set[Handle]) -> dict[str, list[Image]]:
    """New rows that refer to one of these and that nobody could look for before."""
    found: dict[str, list[Image]] = defaultdict(list)
    for table, pairs in sides.pairs.items() if targets else ():
        new = [p.ours for p in pairs if p.ours is not None and p.theirs is None and p.ours.agreed is None]
        found[table] += [standing_for(o) for o in new if referred(context.resources[table], o.image) & targets]
    return {table: images for table, images in found.items() if images}


def _only(image: Image, columns: Iterable[str]) -> Image:
    return {name: image.get(name) for name in columns}


def _paired(context: Context, mine: Mapping[str, list[Ours]], theirs: Mapping[str, list[Image]]) -> Sides:
    pairs: dict[str, list[Pair]] = {}
    raw: dict[Handle, Image] = {}
    for table, found in mine.items():
        resource = context.resources[table]
        cloud = theirs.get(table, [])
        context.links.load(resource, cloud, from_cloud=True)
        images = [context.links.to_tables(resource, image) for image in cloud]
        # a targeted read may tell of neighbours too; they are not this verb's business
        pairs[table] = [pair for pair in identify(resource, found, images) if pair.ours is not None]
        place = {id(image): position for position, image in enumerate(images)}
        for pair in pairs[table]:
            if pair.ours is not None and pair.theirs is not None:
                raw[handle(table, pair.ours.key)] = cloud[place[id(pair.theirs)]]
        pairs[table] = with_versions(context, resource, pairs[table])
    return Sides(pairs=pairs, raw=raw)


def standing_for(row: Ours) -> Image:
    """The image that says what a row stands for: the agreed values where there are any, else its own."""
    # of a deleted row only the log tells, which may know its key from no image
    return {**row.key, **(row.image or {}), **(row.agreed or {})}


def read_some(
    context: Context,
    wanted: Mapping[str, list[Image]],
    unread: dict[Handle, str] | None = None,
    known: Mapping[str, list[Known]] | None = None,
    called: Mapping[str, list[Handle]] | None = None,
) -> dict[str, list[Image]]:
    """What AWS has of the resources that these images of ours stand for, in the cloud's terms.

    A row whose cloud id is not known yet is looked for by its natural key: somebody may have made it already. `known`
    tells, image by image, what need not be asked for; `called`, which row of ours asks: what it stands for may have the
    key of another row, or a former one.
    """
    jobs: dict[Scope, list[tuple[Image, Known, Handle | None]]] = defaultdict(list)
    found: dict[str, list[Image]] = defaultdict(list)
    for table, images in wanted.items():
        resource = context.resources[table]
        context.links.load(resource, images, from_cloud=False)
        rest = (known or {}).get(table) or [NOTHING] * len(images)
        askers: Sequence[Handle | None] = (called or {}).get(table) or [None] * len(images)
        for image, told, asker in zip(images, rest, askers, strict=True):
            if told.row is not None:
                found[table].append(told.row)
                continue
            asked = context.links.to_cloud(resource, image)
            names = _told_by(resource, image, asked)
            if names:
                place = image["region"] if resource.scope == "region" else None
                jobs[table, place, names].append((asked, told, asker))
    if not jobs:
        return dict(found)
    if any(context.resources[table].host is None for table, _, _ in jobs):
        context.refuse_without_credentials()
    aws = context.aws

    def read(job: tuple[Scope, list[tuple[Image, Known, Handle | None]]]) -> tuple[str, list[Image]]:
        (table, region, names), asked = job
        images = [image for image, _, _ in asked]
        resource = context.resources[table]
        try:
            return table, list(
                reader.read_some(aws, resource, region, images, on=names, known=[k for _, k, _ in asked])
            )
        except CloudReadError as failure:
            if unread is not None:
                unread.update(
                    (asker or handle(table, key_of(resource, image)), str(failure)) for image, _, asker in asked
                )
                return table, []
            rows = ", ".join(_description(resource, image) for image in images[:5])
            raise failure.about(f"{resource.row.__name__} cloud read error: {table} {rows}") from failure

    with ThreadPoolExecutor(max_workers=min(READERS, len(jobs))) as pool:
        for table, images in pool.map(read, jobs.items()):
            found[table] += images
    return {table: _once(context.resources[table], images) for table, images in found.items()}


def _told_by(resource: Resource, image: Image, asked: Image) -> tuple[str, ...]:
    """The columns to look a row up by; () when nothing names it, or it refers to what the cloud does not have yet."""
    if cloud_id_of(resource, asked) is not None:
        return resource.cloud_id
    if natural_key_of(resource, image) is None:
        return ()
    known = all(asked.get(name) is not None for name in resource.natural if image.get(name) is not None)
    return resource.natural if known else ()


def _description(resource: Resource, image: Image) -> str:
    return label(cloud_id_of(resource, image) or natural_key_of(resource, image) or ())


def _once(resource: Resource, images: list[Image]) -> list[Image]:
    """The images without those that two reads gave."""
    return list({cloud_id_of(resource, image): image for image in images}.values())
