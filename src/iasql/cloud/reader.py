"""Reading rows from AWS, as images in cloud domain: all of a scope, or only those that somebody asks for.

What could not be read raises CloudReadError: an answer that is not complete is no answer, so that a caller never takes
silence for absence.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import ceil
from typing import Any

import attrs

from iasql.cloud.known import NOTHING, Known
from iasql.cloud.session import Session
from iasql.cloud.telling import Item, Name, Telling, name_of, region_of
from iasql.cloud.verdict import CloudFailure, unread
from iasql.resource import Call, Image, Resource, Verb
from iasql.resource import service as aws
from iasql.resource.kinds.tags import INTENT
from iasql.resource.translate import dump, identity, load_value

FEW = 4
"""Up to so many rows are asked for one by one where AWS tells only one a call; more are looked for in the list."""
SHARE = 4
"""A list is read for one page in so many calls, of which it saves many; for the rest these are made."""


def read_all(
    session: Session, resource: Resource, region: str | None, parents: Mapping[str, list[Image]]
) -> Iterator[Image]:
    """Every row of a scope.

    parents   table -> images in cloud domain; only those of `resource.pers` are looked at, and of these, for a regional
              scope, only those of the region
    """
    reading = Reading(session=session, resource=resource, region=region)
    if resource.list is None:
        return
    here = ((table, parent) for table in resource.pers for parent in parents.get(table, ()) if reading.is_here(parent))
    given = (reading.child_of(table, parent) for table, parent in here)
    for values in given if resource.pers else (reading.placed({}),):
        yield from reading.listed(resource.list, values)


def read_some(
    session: Session,
    resource: Resource,
    region: str | None,
    wanted: Sequence[Image],
    on: tuple[str, ...] | None = None,
    known: Sequence[Known] = (),
) -> list[Image]:
    """The rows whose cloud id is that of one of the wanted images (cloud domain); what does not exist is missing.

    on      the columns to go by instead, for example the natural key of a row that may have been created before a crash
    known   for each wanted image, what need not be asked for
    """
    columns = on or resource.cloud_id
    reading = Reading(session=session, resource=resource, region=region, columns=columns)
    asked: dict[Name, Image] = {}
    for position, image in enumerate(map(reading.placed, wanted)):
        key = name_of(resource, image, columns)
        if key is not None:
            asked[key] = image
            reading.known[key] = known[position] if known else NOTHING
    if not asked:
        return []
    found = {name_of(resource, image, columns): image for image in reading.some(asked)}
    return [found[key] for key in asked if key in found]


def find_intent(session: Session, resource: Resource, region: str | None, token: str) -> Image | None:
    """The row whose create call carried this token as its `iasql:intent` tag; None when there is none."""
    if resource.tagging is None or resource.tagging.specification is None:
        return None
    filters = [{"Name": "key", "Values": [INTENT]}, {"Name": "value", "Values": [token]}]
    reading = Reading(session=session, resource=resource, region=region)
    ids = reading.ask(Call("DescribeTags", "Tags[].ResourceId", Filters=filters), {})
    found = read_some(session, resource, region, [{resource.cloud_id[0]: cloud_id} for cloud_id in ids or ()])
    return found[0] if found else None


@attrs.frozen(kw_only=True)
class Reading(Telling):
    """One resource in one scope, being read: all rows, or those that are known by `columns`."""

    def is_here(self, parent: Image) -> bool:
        """Whether a parent's row is in the scope."""
        return self.region is None or parent.get("region") in (None, self.region)

    def child_of(self, table: str, parent: Image) -> Image:
        """What a row of the parent's table tells of each of its children."""
        told: Image = {"region": parent["region"]} if parent.get("region") else {}
        for reference in self.resource.references:
            if reference.table == table:
                name = reference.called_by or self.resource.per_column
                name = name if reference.translated else reference.target_column
                told[reference.column] = parent[name or reference.column]
        return told

    def listed(self, listing: Verb, values: Image) -> Iterator[Image]:
        """The rows that a list call tells for the given values, page by page."""
        for items in self._pages(listing, values):
            if len(items) > FEW and not (self.known or self.told):
                self._look_beside()
            yield from self.complete(items, values)

    def some(self, asked: Mapping[Name, Image]) -> Iterator[Image]:
        """The wanted rows, and perhaps others, by the cheapest way that the declaration knows."""
        listing, resource, left = self.resource.list, self.resource, dict(asked)
        by = next((name for name in listing.by if name in self.columns), None) if isinstance(listing, Call) else None
        if isinstance(listing, Call) and (pages := self._worth(listing, by, len(left))):
            yield from self._early_pages(listing, left, pages)
        wanted = list(left.values())
        if by is not None and isinstance(listing, Call):
            values = _values(wanted, by)
            for start in range(0, len(values), resource.at_once):
                yield from self._batch(listing, by, values[start : start + resource.at_once])
        elif self.columns == resource.cloud_id and (resource.get is not None or resource.details):
            yield from _present(self.session.map(self._one, wanted))
        elif listing is not None and wanted:
            for parent in _distinct(map(self._parent, wanted)) if resource.pers else (self.placed({}),):
                yield from self.listed(listing, parent)

    def complete(self, items: Iterable[Item], values: Image) -> Iterator[Image]:
        """The images of listed items with what details and aspects add; rows that vanish meanwhile are left out."""
        wanted = [item for item in items if self._is_wanted(item, values)]
        side_by_side = self.session.map if self.asks_more else map
        return _present(side_by_side(lambda item: self.completed(item, values), wanted))

    def _look_beside(self) -> None:
        """Takes what a second list tells of all rows; nothing where it is refused."""
        if self.resource.beside is None:
            return
        columns = self.resource.column
        try:
            for items in self.caller.pages(self.resource.beside, {}):
                for item in items or ():
                    image = {name: load_value(columns(name), value) for name, value in item.items()}
                    self.told[name_of(self.resource, image, self.resource.cloud_id) or ()] = image
        except CloudFailure as failure:
            if failure.kind != "refused":
                raise unread(failure) from failure

    def _pages(self, listing: Verb, values: Image) -> Iterator[list[Item]]:
        """The items that a list verb tells; none where what they are listed under is gone."""
        told = dump(self.resource, values) | region_of(values)
        try:
            if isinstance(listing, Call):
                yield from map(self._unfolded, self.caller.pages(listing, told))
            else:
                yield self._unfolded(self.caller.ask(listing, told))
        except CloudFailure as failure:
            if not (self.resource.per and self.is_gone(failure)):
                raise unread(failure) from failure

    def _worth(self, listing: Call, by: str | None, rows: int) -> int:
        """How many pages of a list are worth reading, for the calls that so many rows would take by themselves."""
        if self.resource.pers:
            return 0
        if self._tells_one(listing, by):
            return max(1, rows // SHARE) if rows > FEW else 0
        return ceil(rows / self.resource.at_once) // SHARE if by is not None else 0

    def _tells_one(self, listing: Call, by: str | None) -> bool:
        """Whether reading certain rows takes a call for each, and a list would tell of many."""
        if by is None:
            return self.columns == self.resource.cloud_id and self.resource.get is not None
        member = listing.by[by]
        return ":" not in member and aws.members(self.caller.service, listing.operation)[member].type_name != "list"

    def _early_pages(self, listing: Call, left: dict[Name, Image], most: int) -> Iterator[Image]:
        """The wanted rows on the first pages of a list; those that are known to be there, or not, go from `left`."""
        values = self.placed({})
        pages = self.caller.pages(listing, dump(self.resource, values) | region_of(values))
        for _ in range(most):
            items = self._next(pages)
            if items is None:
                left.clear()
                return
            for image in self.complete(items, values):
                left.pop(name_of(self.resource, image, self.columns) or (), None)
                yield image
            if not left:
                return

    def _next(self, pages: Iterator[Any]) -> list[Item] | None:
        try:
            answer = next(pages, END)
        except CloudFailure as failure:
            raise unread(failure) from failure
        return None if answer is END else self._unfolded(answer)

    def _is_wanted(self, item: Item, values: Image) -> bool:
        """Whether a listed item may be one of the rows asked for; of some only more calls tell who they are."""
        if not self.known:
            return True
        name = name_of(self.resource, self.image(item, values), self.columns)
        return name is None or name in self.known

    def _batch(self, listing: Call, by: str, values: list[Any]) -> Iterator[Image]:
        """The rows that have one of the values; where AWS refuses a list for one id that is gone, its halves."""
        try:
            items = self._narrowed(listing, by, values)
        except CloudFailure as failure:
            if not self.is_gone(failure):
                raise
            half = len(values) // 2
            for part in (values[:half], values[half:]) if half else ():
                yield from self._batch(listing, by, part)
            return
        yield from self.complete(items, {})

    def _narrowed(self, listing: Call, by: str, values: list[Any]) -> list[Item]:
        try:
            return [item for answer in self.caller.narrow(listing, by, values) for item in self._unfolded(answer)]
        except CloudFailure as failure:
            raise unread(failure) from failure

    def _one(self, wanted: Image) -> Image | None:
        """One row by its get, or, where details alone tell it, by these."""
        known = {name: wanted[name] for name in (*self.resource.identifying, "region") if wanted.get(name) is not None}
        if self.resource.get is None:
            return self.completed({}, known)
        try:
            item = self.ask(self.resource.get, dump(self.resource, known) | region_of(known), narrow=True)
        except CloudFailure as failure:
            if self.is_gone(failure):
                return None
            raise
        key = identity(wanted, self.resource.cloud_id)
        named = (i for i in self._unfolded(item) if identity(self.image(i, known), self.resource.cloud_id) == key)
        found = next(named, None)
        return None if found is None else self.completed(found, known)

    def _unfolded(self, answer: Any) -> list[Item]:
        items: list[Item] = [] if answer is None else [answer] if isinstance(answer, dict) else list(answer)
        if self.resource.unfold is None:
            return items
        return [part for item in items for part in self.resource.unfold(item)]

    def _parent(self, image: Image) -> Image:
        """What a wanted row tells of the parent under which it is listed."""
        names = {reference.column for reference in self.resource.references if reference.table in self.resource.pers}
        return {name: image[name] for name in (*names, "region") if image.get(name) is not None}


def _present(images: Iterable[Image | None]) -> Iterator[Image]:
    return (image for image in images if image is not None)


def _values(images: Iterable[Image], name: str) -> list[Any]:
    return list(dict.fromkeys(image[name] for image in images if image.get(name) is not None))


def _distinct(images: Iterable[Image]) -> list[Image]:
    return list({tuple(sorted(image.items())): image for image in images}.values())


END = object()

__all__ = ["Reading", "find_intent", "read_all", "read_some"]
