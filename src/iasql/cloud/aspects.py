"""Writing the columns that AWS keeps behind calls of their own: values are put, sets and tags go one by one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import attrs
import jmespath

from iasql.cloud.caller import Caller, Journal
from iasql.cloud.session import Session
from iasql.cloud.verdict import CloudFailure
from iasql.resource import Aspect, Image, Members, Precondition, Resource, Tagging, Verb
from iasql.resource.aspect import AnyAspect
from iasql.resource.translate import dump


@attrs.frozen(kw_only=True)
class Asking:
    """One row of a resource, of which AWS is asked to change something."""

    session: Session
    resource: Resource
    region: str | None
    journal: Journal | None
    caller: Caller = attrs.field(init=False)

    @caller.default
    def _caller(self) -> Caller:
        return Caller(session=self.session, resource=self.resource, region=self.region, journal=self.journal, once=True)

    def ask(self, verb: Verb, values: Mapping[str, Any], *, narrow: bool = False) -> Any:
        return self.caller.ask(verb, values, narrow=narrow)

    def dumped(self, image: Image) -> dict[str, Any]:
        """The image as AWS takes it, with the region of a row that has no column for it, and the rows made with it."""
        region = {"region": image["region"]} if image.get("region") else {}
        along = {name: value for name, value in image.items() if name.startswith("$")}
        return dump(self.resource, image) | region | along

    def updating(self, before: Image, wanted: Image, columns: frozenset[str]) -> dict[str, Any]:
        """What an update verb gets: the row as it is to be, and for hand-written ones what was before."""
        cleared = {
            name: column.cleared
            for name in columns
            if wanted.get(name) is None and (column := self.resource.column(name)).cleared is not None
        }
        return self.dumped(wanted) | cleared | {"$before": self.dumped(before), "$columns": columns}

    def aspect(self, aspect: AnyAspect, before: Image, wanted: Image) -> None:
        """Writes the columns of one aspect."""
        if isinstance(aspect, Members):
            self.members(aspect, before, wanted)
        elif isinstance(aspect, Tagging):
            self.tags(aspect, before, wanted)
        else:
            with self.held(aspect.while_, wanted):
                self.put(aspect, before, wanted)

    def put(self, aspect: Aspect, before: Image, wanted: Image) -> None:
        """Puts the columns of an aspect, or takes them away where all are null."""
        values = self.updating(before, wanted, frozenset(aspect.columns))
        empty = all(wanted.get(name) in (None, {}, []) for name in aspect.columns)
        if empty and aspect.clear is not None:
            with ignoring(aspect.absent):
                self.ask(aspect.clear, values, narrow=True)
        elif aspect.put is not None:
            self.ask(aspect.put, values, narrow=False)
        if aspect.wait is not None:
            self.caller.wait(aspect.wait, values)

    def members(self, aspect: Members, before: Image, wanted: Image) -> None:
        """Adds and removes the elements in which two sets differ."""
        had, has = set(before.get(aspect.column) or ()), set(wanted.get(aspect.column) or ())
        self._each(aspect.add, sorted(has - had), wanted)
        self._each(aspect.remove, sorted(had - has), wanted)

    def empty(self, aspect: Members, before: Image) -> None:
        """Removes every element that the set has in the cloud now, known to us or not."""
        elements = before.get(aspect.column) or ()
        if aspect.get is not None:
            elements = self.ask(aspect.get, self.dumped(before), narrow=True) or ()
        self._each(aspect.remove, sorted(elements), before)

    def tags(self, aspect: Tagging, before: Image, wanted: Image) -> None:
        """Sets the tags that are new or changed, and removes by name those that are gone."""
        for verb, values in self.tagged(aspect, before, wanted):
            self.ask(verb, values, narrow=True)

    def tagged(self, aspect: Tagging, before: Image, wanted: Image) -> Iterator[tuple[Verb, dict[str, Any]]]:
        """The calls that do so, each with its values."""
        had, has = _tags(before.get(aspect.column)), _tags(wanted.get(aspect.column))
        put = [{"Key": key, "Value": has[key]} for key in sorted(has) if had.get(key) != has[key]]
        gone = sorted(had.keys() - has.keys())
        if put and aspect.put is not None:
            yield aspect.put, self.dumped(wanted) | {"set": put}
        if gone and aspect.remove is not None:
            keys = {"unset": gone, "unset_tags": [{"Key": key} for key in gone]}
            yield aspect.remove, self.dumped(wanted) | keys

    @contextmanager
    def held(self, name: str | None, image: Image) -> Iterator[None]:
        """Brings a precondition about and undoes it afterwards; nothing where there is none or it holds already."""
        state = self.resource.preconditions[name] if name else None
        if state is None or jmespath.search(state.holds, image):
            yield
            return
        self._enter(state, image)
        try:
            yield
        finally:
            self._leave(state, image)

    def _enter(self, state: Precondition, image: Image) -> None:
        self.ask(state.enter, self.dumped(image), narrow=True)
        if state.entered is not None:
            self.caller.wait(state.entered, self.dumped(image))

    def _leave(self, state: Precondition, image: Image) -> None:
        self.ask(state.leave, self.dumped(image), narrow=True)
        if state.left is not None:
            self.caller.wait(state.left, self.dumped(image))

    def _each(self, verb: Verb | None, elements: Iterable[str], image: Image) -> None:
        for element in elements if verb is not None else ():
            assert verb is not None
            self.ask(verb, self.dumped(image) | {"item": element}, narrow=True)


@contextmanager
def ignoring(codes: tuple[str, ...]) -> Iterator[None]:
    try:
        yield
    except CloudFailure as failure:
        if failure.code not in codes:
            raise


def _tags(value: Any) -> dict[str, str]:
    return dict(value or {})
