"""What AWS tells of one row: the item of a list, and the details and aspects that take calls of their own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypeAlias

import attrs

from iasql.cloud.caller import Caller
from iasql.cloud.known import NOTHING, Known
from iasql.cloud.session import Session
from iasql.cloud.verdict import CloudFailure, unread
from iasql.resource import Aspect, Image, Resource, Verb
from iasql.resource.aspect import AnyAspect
from iasql.resource.translate import dump, load, load_value, whole

Item: TypeAlias = dict[str, Any]
Name: TypeAlias = tuple[str, ...]


@attrs.frozen(kw_only=True)
class Telling:
    """Rows of one resource in one scope, as AWS tells them."""

    session: Session
    resource: Resource
    region: str | None
    columns: tuple[str, ...] = ()
    """What rows are named by, where only some are wanted."""
    known: dict[Name, Known] = attrs.field(factory=dict)
    """The rows that are wanted, where not all are, each with what need not be asked for."""
    told: dict[Name, Image] = attrs.field(factory=dict)
    """What a list beside has told already, by cloud id."""
    caller: Caller = attrs.field(init=False)

    @caller.default
    def _caller(self) -> Caller:
        return Caller(session=self.session, resource=self.resource, region=self.region)

    def ask(self, verb: Verb, values: Mapping[str, Any], *, narrow: bool = False) -> Any:
        """The answer of a verb; CloudReadError when there is none."""
        try:
            return self.caller.ask(verb, values, narrow=narrow)
        except CloudFailure as failure:
            raise unread(failure) from failure

    def placed(self, image: Image) -> Image:
        """The image with the region of the scope, where the table has one and the image does not say it."""
        if self.region is None or not self.resource.has_region or image.get("region"):
            return image
        return image | {"region": self.region}

    @property
    def asks_more(self) -> bool:
        """Whether what a list call tells of a row takes more calls to be whole."""
        return bool(self.resource.details) or any(aspect.get is not None for aspect in self.resource.aspects)

    def completed(self, item: Item, values: Image) -> Image | None:
        """The row of an item, with what details and aspects add; None where it is gone meanwhile, or not here."""
        try:
            return self._described(item, values)
        except CloudFailure as failure:
            if self.is_gone(failure):
                return None
            raise

    def _described(self, item: Item, values: Image) -> Image | None:
        image = self.image(item, values)
        if self.region is not None and image.get("region") not in (None, self.region):
            return None  # a list call that tells other regions' rows too
        for detail in self.resource.details:
            told = self.ask(detail, dump(self.resource, image) | region_of(image), narrow=True)
            if told is None:
                return None
            item = item | told
            image = self.image(item, values)
        known = self.known.get(name_of(self.resource, image, self.columns) or (), NOTHING)
        beside = self._told_beside(image)
        unasked: set[str] = set()
        for aspect in self.resource.aspects:
            if aspect.get is None or self._is_told(aspect, image):
                continue
            if beside.keys() >= set(aspect.columns):
                image |= {name: beside[name] for name in aspect.columns}
            elif known.tells(aspect.columns):
                image |= {name: known.values[name] for name in aspect.columns}
            elif known.wants(aspect.columns):
                image |= self._aspect(aspect, aspect.get, image)
            else:
                unasked.update(aspect.columns)
        return {name: value for name, value in whole(self.resource, image).items() if name not in unasked}

    def _told_beside(self, image: Image) -> Image:
        if not self.told:  # as nearly always: a name costs what a hundred thousand rows would notice
            return {}
        return self.told.get(name_of(self.resource, image, self.resource.cloud_id) or (), {})

    def image(self, item: Item, values: Image) -> Image:
        """What an item itself tells of its row, beside the values that all items of its list have."""
        known = {column.name: values[column.name] for column in self.resource.in_cloud if column.name in values}
        return self.placed(known | load(self.resource, item))

    def _aspect(self, aspect: AnyAspect, get: Verb, image: Image) -> Image:
        try:
            answer = self.ask(get, dump(self.resource, image) | region_of(image), narrow=True)
        except CloudFailure as failure:
            if failure.code in aspect.absent:
                return dict.fromkeys(aspect.columns)
            raise
        if len(aspect.columns) == 1:
            return {name: load_value(self.resource.column(name), answer) for name in aspect.columns}
        told = load(self.resource, answer or {})
        return {name: told.get(name) for name in aspect.columns}

    def _is_told(self, aspect: AnyAspect, image: Image) -> bool:
        unlisted = isinstance(aspect, Aspect) and aspect.unlisted
        return unlisted and all(image.get(name) is not None for name in aspect.columns)

    def is_gone(self, failure: CloudFailure) -> bool:
        """Whether the row itself is gone: only by the codes that the declaration names, if it names any."""
        return failure.code in self.resource.absent if self.resource.absent else failure.kind == "gone"


def name_of(resource: Resource, image: Image, columns: tuple[str, ...]) -> Name | None:
    """What these columns name a row by, one spelling a value; None while something is missing.

    In columns that are unique together, null is a value as any other.
    """
    values = [image.get(name) for name in columns]
    whole_key = columns in resource.unique and any(
        value is not None for name, value in zip(columns, values, strict=True) if name != "region"
    )
    if not columns or (not whole_key and any(value is None for value in values)):
        return None
    kinds = [resource.column(name).kind for name in columns]
    return tuple(
        json.dumps(kind.canonical(value), sort_keys=True, default=str)
        for kind, value in zip(kinds, values, strict=True)
    )


def region_of(image: Mapping[str, Any]) -> dict[str, Any]:
    """The region of a row that has no column for it, which its parent told."""
    return {"region": image["region"]} if image.get("region") else {}
