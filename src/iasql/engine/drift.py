"""What differs from the last agreed state, on either side; nothing is written, not even that somebody looked.

Everything is listed, as in a refresh; each difference is told with what was agreed and what is there now. The next
step is whoever asked.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import attrs

from iasql.cloud.trail import Event, TrailUnreadable, last_change
from iasql.engine.context import Context
from iasql.engine.reading import Reading, read_all
from iasql.engine.refresh import compare, twice_missed
from iasql.log import calls, net
from iasql.plan.merge import Difference, compared
from iasql.plan.state import Image, Key, cloud_id_of, natural_key_of
from iasql.resource import Resource
from iasql.resource.hidden import masked
from iasql.resource.label import label

logger = logging.getLogger(__name__)
LOOKUPS = 60
"""How many resources CloudTrail is asked about at most: it answers twice a second."""


@attrs.frozen(kw_only=True)
class Drift:
    """One difference from what was agreed: in the cloud or in the tables, of one column or of a whole row.

    `kind` is changed, deleted or created; or unread, where nothing can be told of a type in a region.
    """

    side: str
    kind: str
    table: str
    description: str
    key: Key | None = None
    column: str | None = None
    agreed: object = None
    present: object = None
    changed_by: str | None = None
    event: str | None = None
    at: object = None
    reason: str | None = None

    def as_row(self) -> Image:
        """The row of `iasql_drift()`."""
        told = attrs.asdict(self) | {"agreed": masked(self.agreed), "present": masked(self.present)}
        return told | {"table_name": told.pop("table"), "column_name": told.pop("column"), "event_at": told.pop("at")}


def drift(context: Context, tables: list[str] | None = None) -> list[Image]:
    """The rows of `iasql_drift()`."""
    chosen = {t: r for t, r in context.resources.items() if r.list is not None and (tables is None or t in tables)}
    if not chosen:
        return []
    context.refuse_without_credentials()
    witness = Witness(context)
    with reading_only(context):
        top = net.top(context.connection)
        reading = read_all(context, chosen, notes=False)
        found = [
            each
            for resource in chosen.values()
            for each in (*unread(resource, reading), *of_table(context, resource, reading, top, witness))
        ]
    return [each.as_row() for each in found]


@contextmanager
def reading_only(context: Context) -> Iterator[None]:
    """PostgreSQL itself refuses whatever would be written inside."""
    context.connection.execute("set default_transaction_read_only = on")
    try:
        yield
    finally:
        context.connection.execute("reset default_transaction_read_only")


def unread(resource: Resource, reading: Reading) -> Iterator[Drift]:
    """What could not be read, of which nothing is known."""
    for answer in reading.answers.get(resource.table, []):
        if answer.error is not None:
            where = answer.region or "the account"
            yield Drift(side="cloud", kind="unread", table=resource.table, description=where, reason=answer.error)


def of_table(context: Context, resource: Resource, reading: Reading, top: int, witness: Witness) -> Iterator[Drift]:
    """The differences of one type, the cloud's with whoever CloudTrail says made them."""
    differences = compare(context, resource, reading, top)
    gone = {id(each) for each in twice_missed(context, resource, differences)}
    for each in differences:
        event: Event | None = None
        for told in _told(each, is_gone=id(each) in gone):
            if told.side == "cloud":
                event = event or witness.of(each)
                if event is not None:
                    told = attrs.evolve(told, changed_by=event.user, event=event.name, at=event.at)
            yield told


def _told(each: Difference, *, is_gone: bool) -> Iterator[Drift]:
    ours, theirs = each.ours, each.theirs
    name = description(each)
    table = each.resource.table
    agreed = (ours.agreed if ours is not None else None) or {}
    by = ", ".join(ours.changed_by) or None if ours is not None else None
    key = ours.key if ours is not None else None
    if theirs is not None and (ours is None or (ours.image is None and not agreed)):
        yield Drift(side="cloud", kind="created", table=table, description=name, key=key)
    elif ours is None or (ours.image is None and theirs is None):
        return
    elif ours.image is None:
        yield Drift(side="tables", kind="deleted", table=table, description=name, key=key, changed_by=by)
    elif theirs is None:
        if is_gone and agreed:
            yield Drift(side="cloud", kind="deleted", table=table, description=name, key=key)
        elif not agreed:
            yield Drift(side="tables", kind="created", table=table, description=name, key=key, changed_by=by)
    else:
        yield from _columns(each, Drift(side="", kind="changed", table=table, description=name, key=key, changed_by=by))


def _columns(each: Difference, whole: Drift) -> Iterator[Drift]:
    assert each.ours is not None
    agreed, mine, theirs = each.ours.agreed or {}, each.ours.image or {}, each.theirs or {}
    for column in compared(each.resource):
        if column.role == "volatile":
            continue
        name = column.name
        was = agreed.get(name) if name in agreed else mine.get(name)
        if not column.kind.same(was, theirs.get(name)):
            present = theirs.get(name)
            yield attrs.evolve(whole, side="cloud", column=name, agreed=was, present=present, changed_by=None)
        if name in agreed and column.settable and not column.kind.same(was, mine.get(name)):
            yield attrs.evolve(whole, side="tables", column=name, agreed=was, present=mine.get(name))


def description(each: Difference) -> str:
    """The row's name for people, on whichever side it is: its natural key, else its cloud id."""
    image = {**(each.theirs or {}), **((each.ours.agreed if each.ours else None) or {})}
    image |= (each.ours.image if each.ours else None) or {}
    found = natural_key_of(each.resource, image) or cloud_id_of(each.resource, image)
    return label(found or (each.ours.key.values() if each.ours else ()))


@attrs.define
class Witness:
    """Asks CloudTrail about resources until it cannot be read, or has been asked often enough."""

    context: Context
    left: int = LOOKUPS

    def of(self, each: Difference) -> Event | None:
        """The last call on a resource that was not ours."""
        if self.left <= 0:
            return None
        self.left -= 1
        image = {**((each.ours.agreed if each.ours else None) or {}), **(each.theirs or {})}
        columns = [name for name in (*each.resource.cloud_id, "arn", *each.resource.natural) if name != "region"]
        names = list(dict.fromkeys(str(image[name]) for name in columns if isinstance(image.get(name), str)))
        ours = calls.requests(self.context.connection, each.resource.table, each.ours.key) if each.ours else set()
        try:
            return last_change(self.context.aws, image.get("region"), names, ours)
        except TrailUnreadable as error:
            logger.info("who changed what cannot be told: %s", error)
            self.left = 0
            return None
