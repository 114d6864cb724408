"""Writing one row to AWS: create, update, delete, as its declaration says. Images are in cloud domain.

Nothing is decided here: what to write, in which order and what to do about a failure is the engine's.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from iasql.cloud.aspects import Asking, ignoring
from iasql.cloud.caller import Caller, Journal
from iasql.cloud.session import Session
from iasql.cloud.verdict import CloudFailure
from iasql.resource import Image, Members, Resource
from iasql.resource.kinds.tags import INTENT
from iasql.resource.roles import created_with, takes_of, takes_specifications
from iasql.resource.translate import load, whole


def create(
    session: Session,
    resource: Resource,
    region: str | None,
    values: Image,
    token: str,
    journal: Journal | None = None,
    *,
    sweeps: bool = True,
) -> Image:
    """Creates a row; the image of it as far as it is known now: what was sent and what AWS answered.

    token    names this very create: it is sent as idempotency token, or as an `iasql:intent` tag, so that a retry after
             a crash makes no second resource
    sweeps   whether to take away what AWS makes along with it; else the caller does it, for many rows at once
    CloudFailure: when something was made before the failure, its `partial` is the image of that
    """
    writing = Writing(session=session, resource=resource, region=region, journal=journal, sweeps=sweeps)
    assert resource.create is not None
    answer = writing.ask(resource.create, writing.creation(values, token))
    told = load(resource, answer) if isinstance(answer, Mapping) else {}
    # What is still to be written is as the row says, whatever the answer already tells about it.
    later = writing.outstanding(values)
    return writing.complete({**values, **told, **{name: values[name] for name in later}}, later)


def resume(
    session: Session,
    resource: Resource,
    region: str | None,
    values: Image,
    made: Image,
    journal: Journal | None = None,
) -> Image:
    """What was left of a create whose first call has made something already; as `create`, the image of it.

    made   what the cloud has of it
    """
    writing = Writing(session=session, resource=resource, region=region, journal=journal)
    later = writing.outstanding(values)
    return writing.complete({**values, **made, **{name: values[name] for name in later}}, later)


def update(
    session: Session,
    resource: Resource,
    region: str | None,
    before: Image,
    after: Image,
    columns: frozenset[str],
    journal: Journal | None = None,
) -> Image:
    """Writes the named columns of a row; the image of it afterwards.

    before   the row as the cloud has it; after: as it is to be. A call that takes more than the named columns is sent
             the cloud's own values for the others. An update may give the row another cloud id.
    """
    writing = Writing(session=session, resource=resource, region=region, journal=journal)
    wanted = before | {name: after.get(name) for name in columns}
    later = columns & {name for aspect in resource.aspects if aspect.writes for name in aspect.columns}
    for verb in resource.update:
        if takes_of(resource, verb) & columns:
            answer = writing.ask(verb, writing.updating(before, wanted, columns))
            told = load(resource, answer) if isinstance(answer, Mapping) else {}
            # what aspects are still to write is as the row says, whatever the answer tells about it
            wanted |= {name: value for name, value in told.items() if name not in later}
    for aspect in resource.aspects:
        if aspect.writes and columns.intersection(aspect.columns):
            writing.aspect(aspect, before, wanted)
    # what was not read is not known
    return {name: value for name, value in shown(resource, wanted).items() if name in wanted}


def side_effects(session: Session, resource: Resource, region: str | None, made: Iterable[Image]) -> dict[str, Any]:
    """What AWS has made along with new rows and nobody asked for: lists by the value of the sweep's column."""
    assert resource.sweep is not None
    names = [str(image[resource.sweep.column]) for image in made]
    caller = Caller(session=session, resource=resource, region=region)
    found: dict[str, list[Any]] = {}
    for start in range(0, len(names), resource.at_once):
        part = names[start : start + resource.at_once]
        for answer in caller.narrow(resource.sweep.look, resource.sweep.column, part):
            for told in answer or ():
                if told["items"]:
                    found.setdefault(told["owner"], []).extend(told["items"])
    return found


def sweep(
    session: Session, resource: Resource, region: str | None, made: Image, items: list[Any], journal: Journal | None
) -> None:
    """Takes side effects away from one row; that they are gone already is success."""
    assert resource.sweep is not None
    writing = Writing(session=session, resource=resource, region=region, journal=journal)
    try:
        writing.ask(resource.sweep.undo, writing.dumped(made) | {"items": items}, narrow=True)
    except CloudFailure as failure:
        if failure.kind != "gone":
            raise


def delete(
    session: Session, resource: Resource, region: str | None, before: Image, journal: Journal | None = None
) -> None:
    """Deletes a row, its sets emptied first; that it is not there is success.

    A row of AWS's own is left alone: a plan lets it go only together with what it belongs to, which takes it along.
    """
    if resource.stays is not None and resource.stays(before) is not None:
        return
    writing = Writing(session=session, resource=resource, region=region, journal=journal)
    assert resource.delete is not None
    try:
        for aspect in resource.aspects:
            if isinstance(aspect, Members) and aspect.remove is not None:
                writing.empty(aspect, before)
        writing.ask(resource.delete, writing.dumped(before), narrow=True)
    except CloudFailure as failure:
        if failure.kind != "gone":
            raise
        return
    if resource.gone is not None:
        writing.caller.wait(resource.gone, writing.dumped(before))


@attrs.frozen(kw_only=True)
class Writing(Asking):
    """One row of a resource, being written."""

    sweeps: bool = True

    def creation(self, values: Image, token: str) -> dict[str, Any]:
        """What the create call gets: the row, the token, and EC2's tags where it takes them."""
        dumped = self.dumped(values) | {"token": str(uuid.uuid5(uuid.NAMESPACE_OID, token))}
        tagging = self.resource.tagging
        if tagging is None or not takes_specifications(self.resource):
            return dumped
        tags = [*dumped.get(tagging.column, ()), {"Key": INTENT, "Value": token}]
        return dumped | {"tag_specifications": [{"ResourceType": tagging.specification, "Tags": tags}]}

    def outstanding(self, values: Image) -> frozenset[str]:
        """The columns with a value that the create call does not take, so that an aspect must write them."""
        taken = created_with(self.resource)
        written = (name for aspect in self.resource.aspects if aspect.writes for name in aspect.columns)
        return frozenset(name for name in written if name not in taken and values.get(name) is not None)

    def complete(self, made: Image, later: frozenset[str]) -> Image:
        """The image after everything that follows the create call; a failure says what is there by then."""
        try:
            self.finish(made, later)
        except CloudFailure as failure:
            failure.partial = shown(self.resource, made)
            raise
        return shown(self.resource, made)

    def finish(self, made: Image, later: frozenset[str]) -> None:
        """What follows the create call: the wait, the side effects undone, the columns that it did not take."""
        if self.resource.wait is not None:
            self.caller.wait(self.resource.wait, self.dumped(made))
        for after in self.resource.after:
            with ignoring(after.absent):
                self.ask(after.call, self.dumped(made), narrow=True)
        if self.resource.sweep is not None and self.sweeps:
            for items in side_effects(self.session, self.resource, self.region, [made]).values():
                sweep(self.session, self.resource, self.region, made, items, self.journal)
        for aspect in self.resource.aspects:
            if later.intersection(aspect.columns):
                self.aspect(aspect, dict(made, **dict.fromkeys(aspect.columns)), made)


def shown(resource: Resource, image: Image) -> Image:
    """The image without what AWS never tells."""
    hidden = {column.name for column in resource.columns if column.role == "write_only"}
    return {name: value for name, value in whole(resource, image).items() if name not in hidden}
