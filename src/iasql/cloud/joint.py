"""Rows that one call changes together: their calls differ in one list alone, as those for the rules of one group do.

AWS carries such a call out wholly or not at all. The next step is `iasql.engine.batch`, which tries each row by
itself where the call was refused, so that the error names the row.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import attrs
import jmespath

from iasql.cloud import reader
from iasql.cloud.caller import Journal
from iasql.cloud.session import Session
from iasql.cloud.telling import name_of
from iasql.cloud.writer import Writing, shown
from iasql.resource import Aspect, Call, Either, Image, Members, Resource, Tagging, Verb
from iasql.resource.places import calls
from iasql.resource.roles import takes_of
from iasql.resource.translate import load

Asked: TypeAlias = tuple[Verb | None, Mapping[str, Any], bool]
"""A verb, the values that it is asked for, and whether it binds only what names the row."""
ALONE: Asked = (None, {}, False)
"""A call that a row has of its own."""


@attrs.frozen(kw_only=True)
class Share:
    """What one row asks for, by calls that it may have in common with others, and its image afterwards."""

    resource: Resource
    region: str | None
    values: Image
    calls: tuple[tuple[Call, Mapping[str, Any]], ...]
    after: Image
    creates: bool = False

    @property
    def in_common(self) -> str:
        """What the shares of one call are equal in."""
        rest = [
            (call.operation, call.joint.rest(arguments)) for call, arguments in self.calls if call.joint is not None
        ]
        return json.dumps([self.resource.table, self.region, rest], sort_keys=True, default=str)

    @property
    def at_once(self) -> int:
        """How many shares one call takes."""
        return min(call.joint.at_once for call, _ in self.calls if call.joint is not None)


def creation(session: Session, resource: Resource, region: str | None, values: Image, token: str) -> Share | None:
    """The share of a new row; None where its create has a call of its own."""
    writing = Writing(session=session, resource=resource, region=region, journal=None)
    alone = (
        not _joins(resource.create)
        or resource.wait
        or resource.after
        or resource.sweep
        or resource.masked
        or writing.outstanding(values)
    )
    asked = [] if alone else [(resource.create, writing.creation(values, token), False)]
    return _share(writing, values, asked, values, creates=True)


def change(
    session: Session, resource: Resource, region: str | None, before: Image, after: Image, columns: frozenset[str]
) -> Share | None:
    """The share of a row whose named columns are written; None where that has calls of its own."""
    writing = Writing(session=session, resource=resource, region=region, journal=None)
    wanted = before | {name: after.get(name) for name in columns}
    return _share(writing, wanted, [*_written(writing, before, wanted, columns)], wanted)


def removal(session: Session, resource: Resource, region: str | None, before: Image) -> Share | None:
    """The share of a row that is deleted; None where that has a call of its own."""
    writing = Writing(session=session, resource=resource, region=region, journal=None)
    stays = resource.stays is not None and resource.stays(before) is not None
    emptied = any(isinstance(aspect, Members) for aspect in resource.aspects)
    alone = not _joins(resource.delete) or stays or emptied or resource.gone is not None
    return _share(writing, before, [] if alone else [(resource.delete, writing.dumped(before), True)], {})


def send(session: Session, shares: Sequence[Share], journal: Journal) -> list[Image | None]:
    """The images of the rows after the calls; None for a new one of which neither the answer nor a read tells."""
    first = shares[0]
    writing = Writing(session=session, resource=first.resource, region=first.region, journal=journal)
    answers = []
    for position, (call, _) in enumerate(first.calls):
        assert call.joint is not None
        arguments = call.joint.merged([share.calls[position][1] for share in shares])
        answers.append(writing.caller.tell(call, arguments, first.values))
    if not first.creates:
        return [share.after for share in shares]
    (joint,) = [call.joint for call, _ in first.calls]
    if joint is None or joint.told is None:
        return [shown(first.resource, share.after) for share in shares]
    return [*_made(session, shares, jmespath.search(joint.told, answers[0]) or [])]


def _made(session: Session, shares: Sequence[Share], items: Sequence[Mapping[str, Any]]) -> Iterator[Image | None]:
    """The new rows' images, each with what was told of it; AWS may tell of them in any order."""
    resource, region = shares[0].resource, shares[0].region
    place: Image = {"region": region} if region is not None and resource.has_region else {}
    told = {_name(resource, image): image for image in (place | load(resource, item) for item in items)}
    missing = [share.values for share in shares if _name(resource, share.values) not in told]
    for image in reader.read_some(session, resource, region, missing, on=resource.natural):
        told[_name(resource, image)] = image
    for share in shares:
        made = told.get(_name(resource, share.values))
        yield None if made is None else shown(resource, {**share.values, **made})


def _name(resource: Resource, image: Image) -> tuple[str, ...] | None:
    return name_of(resource, image, resource.natural)


def _written(writing: Writing, before: Image, wanted: Image, columns: frozenset[str]) -> Iterator[Asked]:
    resource = writing.resource
    for verb in resource.update:
        if takes_of(resource, verb) & columns:
            yield ALONE if not _joins(verb) else (verb, writing.updating(before, wanted, columns), False)
    for aspect in resource.aspects:
        if not aspect.writes or columns.isdisjoint(aspect.columns):
            continue
        if isinstance(aspect, Tagging) and _joins(aspect.put):
            yield from ((verb, values, True) for verb, values in writing.tagged(aspect, before, wanted))
        elif isinstance(aspect, Aspect) and _joins(aspect.put) and not (aspect.while_ or aspect.wait or aspect.clear):
            yield aspect.put, writing.updating(before, wanted, frozenset(aspect.columns)), False
        else:
            yield ALONE


def _joins(verb: Verb | None) -> bool:
    return any(call.joint is not None for call in calls(verb))


def _share(
    writing: Writing, values: Image, asked: Sequence[Asked], after: Image, *, creates: bool = False
) -> Share | None:
    found = []
    for verb, told, narrow in asked:
        call = verb.chosen(told) if isinstance(verb, Either) else verb
        if not isinstance(call, Call) or call.joint is None:
            return None
        found.append((call, writing.resource.arguments(call, told, narrow=narrow)))
    if not found:
        return None
    image = {name: value for name, value in shown(writing.resource, after).items() if name in after}
    resource, region = writing.resource, writing.region
    return Share(resource=resource, region=region, values=values, calls=tuple(found), after=image, creates=creates)
