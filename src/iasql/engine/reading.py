"""What a refresh reads: all that the cloud lists, scope by scope, or why a scope could not be read.

The next step is `iasql.engine.refresh`, which compares it with the tables.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import attrs

from iasql.cloud import reader
from iasql.cloud.session import Session
from iasql.cloud.verdict import CloudReadError
from iasql.db import rows
from iasql.engine.context import Context
from iasql.log import freshness
from iasql.plan.state import Image
from iasql.resource import Resource

READERS = 32


@attrs.frozen(kw_only=True)
class Answer:
    """What one scope answered: images in the cloud's terms, or why there are none."""

    resource: Resource
    region: str | None
    images: tuple[Image, ...] = ()
    error: str | None = None


@attrs.define(kw_only=True)
class Reading:
    """All answers of one refresh, by table."""

    answers: dict[str, list[Answer]] = attrs.field(factory=dict)
    news: list[str] = attrs.field(factory=list)
    """What could not be read, where the last refresh could read it or failed otherwise."""

    def images(self, table: str) -> list[Image]:
        """What the cloud has of one type, in its own terms."""
        return [image for answer in self.answers.get(table, []) for image in answer.images]

    def keep(self, table: str, images: Iterable[Image]) -> None:
        """Lets go of the other images of one type: of an account of many rows most are as ours are."""
        kept = {id(image) for image in images}
        self.answers[table] = [
            attrs.evolve(answer, images=tuple(image for image in answer.images if id(image) in kept))
            for answer in self.answers.get(table, [])
        ]

    def withparents_of(self, answer: Answer) -> Answer:
        """The answer, which is none where the rows under which it was listed could not be read."""
        parents = (parent for table in answer.resource.pers for parent in self.answers.get(table, []))
        for parent in parents:
            if parent.error is not None and answer.error is None and answer.region in (None, parent.region):
                return attrs.evolve(answer, error=f"{parent.resource.table} could not be read: {parent.error}")
        return answer

    def complete(self, resource: Resource, image: Image) -> bool:
        """Whether the scope that a row belongs to was read whole, so that absence means something."""
        region = image.get("region") if resource.scope == "region" else None
        return any(each.region == region and each.error is None for each in self.answers.get(resource.table, []))

    def whole(self, table: str) -> bool:
        """Whether every scope of a table was read."""
        answers = self.answers.get(table, [])
        return bool(answers) and all(each.error is None for each in answers)


def read_all(context: Context, resources: Mapping[str, Resource], *, notes: bool = True) -> Reading:
    """Every scope of these types, read side by side; types that are read per parent wait for the parent.

    `notes` keeps in `iasql_freshness` what could be read.
    """
    reading = Reading()
    aws = context.aws
    waiting = dict(resources)
    with ThreadPoolExecutor(max_workers=READERS) as pool:
        while waiting:
            ready = {t: r for t, r in waiting.items() if not set(r.pers) & waiting.keys()}
            parents = {per: parents_of(context, reading, per) for r in ready.values() for per in r.pers}
            jobs = [(r, region) for r in ready.values() for region in context.scopes(r)]
            for answer in pool.map(partial(read_scope, aws, parents), jobs):
                told = reading.withparents_of(answer)
                table = told.resource.table
                reading.answers.setdefault(table, []).append(told)
                if notes and freshness.note(context.connection, table, told.region, told.error):
                    reading.news.append(f"{table} in {told.region or 'the account'} could not be read: {told.error}")
            for table in ready:
                waiting.pop(table)
    return reading


def parents_of(context: Context, reading: Reading, table: str) -> list[Image]:
    """The rows under which those of other types are listed, in the cloud's terms: as read, else as in the tables."""
    if table in reading.answers:
        return reading.images(table)
    parent = context.resources[table]
    images = rows.read(context.connection, table)
    context.links.load(parent, images, from_cloud=False)
    return [context.links.to_cloud(parent, image) for image in images]


def read_scope(aws: Session, parents: Mapping[str, list[Image]], job: tuple[Resource, str | None]) -> Answer:
    """What a type's scope answers; an error stands for what could not be read."""
    resource, region = job
    try:
        images = tuple(reader.read_all(aws, resource, region, parents))
    except CloudReadError as error:
        return Answer(resource=resource, region=region, error=str(error))
    return Answer(resource=resource, region=region, images=images)
