"""Both sides read into one value: rows of ours with what the log says of them, and what the cloud answers.

Ours come by key, theirs by the cloud ids that ours stand for, many at a time and side by side. The next step
is `iasql.plan`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor

import attrs

from iasql.cloud import reader
from iasql.db import rows
from iasql.engine.context import Context
from iasql.log import agreement
from iasql.plan.identity import identify, inherit
from iasql.plan.state import Handle, Image, Key, Ours, Pair, cloud_id_of, handle, key_of
from iasql.resource import Resource

READERS = 16


@attrs.frozen(kw_only=True)
class Sides:
    """Pairs by table, in the order of references, and the cloud's own image of each row by handle."""

    pairs: dict[str, list[Pair]]
    raw: dict[Handle, Image]


def ours(context: Context, resource: Resource, keys: Iterable[Key]) -> list[Ours]:
    """The rows of ours with these keys, deleted ones included, with what the log says of each."""
    wanted = list({handle(resource.table, key): key for key in keys}.values())
    images = {
        handle(resource.table, key_of(resource, i)): i for i in rows.read(context.connection, resource.table, wanted)
    }
    found = agreement.standing(context.connection, resource.table, wanted)
    return [
        Ours(
            key=each.key,
            image=images.get(handle(resource.table, each.key)),
            agreed=each.agreed,
            written=frozenset(each.written),
            changed_by=tuple(each.changed_by),
        )
        for each in found
    ]


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
    return [row for row in joined if handle(resource.table, row.key) in here]


def both(context: Context, keys: Mapping[str, Iterable[Key]]) -> Sides:
    """Both sides of the rows with these keys; only what they stand for is read from AWS."""
    mine = {
        table: with_orphans(context, resource, ours(context, resource, keys[table]))
        for table, resource in context.resources.items()
        if table in keys
    }
    for table, found in mine.items():
        for row in found:
            context.links.learn(context.resources[table], standing_for(row))
    theirs = read_some(context, {table: [standing_for(row) for row in found] for table, found in mine.items()})
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
    return Sides(pairs=pairs, raw=raw)


def standing_for(row: Ours) -> Image:
    """The image that says what a row stands for: the agreed values where there are any, else its own."""
    # of a deleted row only the log tells, which may know its key from no image
    return {**row.key, **(row.image or {}), **(row.agreed or {})}


def read_some(context: Context, wanted: Mapping[str, list[Image]]) -> dict[str, list[Image]]:
    """What AWS has of the resources that these images of ours stand for, in the cloud's terms."""
    jobs: dict[tuple[str, str | None], list[Image]] = defaultdict(list)
    for table, images in wanted.items():
        resource = context.resources[table]
        context.links.load(resource, images, from_cloud=False)
        for image in images:
            asked = context.links.to_cloud(resource, image)
            if cloud_id_of(resource, asked) is not None:
                jobs[table, image["region"] if resource.scope == "region" else None].append(asked)
    if not jobs:
        return {}
    aws = context.aws
    found: dict[str, list[Image]] = defaultdict(list)

    def read(job: tuple[tuple[str, str | None], list[Image]]) -> tuple[str, list[Image]]:
        (table, region), images = job
        return table, list(reader.read_some(aws, context.resources[table], region, images))

    with ThreadPoolExecutor(max_workers=min(READERS, len(jobs))) as pool:
        for table, images in pool.map(read, jobs.items()):
            found[table] += images
    return found
