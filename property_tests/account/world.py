"""The rows that others refer to, made when they are needed and taken away in the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import count, islice
from typing import Any, TypeAlias

import attrs
from hypothesis import strategies as st
from hypothesis.errors import StopTest, UnsatisfiedAssumption

from iasql.cloud import reader, writer
from iasql.cloud.session import Session
from iasql.cloud.verdict import CloudFailure
from iasql.modules import discover
from iasql.resource import Column, Image, Reference, Resource
from iasql.resource.fault import missing
from iasql.resource.kinds import Text
from property_tests.account.lacks import APART, NAMED, NEEDED, NOTHING, ONCE, PARENTS, STATED, UNTOLD
from property_tests.account.stand_in import empty
from property_tests.account.verbs import replaced_by
from property_tests.strategies import changes, rows
from property_tests.strategies.forms import FORMS

Draw: TypeAlias = Callable[[st.SearchStrategy[Any]], Any]

REGION, ELSEWHERE = "us-east-1", "eu-west-1"
NOWHERE: Mapping[str, Any] = {}
TOKENS = count()
RESOURCES = {r.table: r for module in discover().values() for r in module.resources if r.service}


def says_region(column: Column) -> bool:
    """Whether it names a region: the row's own, or that of the other side of a peering."""
    return column.region or column.name == "accepter_region"


def needs(resource: Resource) -> set[str]:
    """The columns that a new row must say, references above all."""
    asked = {fault.column for fault in missing(resource, resource.create, {})}
    said = {column.name for column in resource.columns if column.needed or not column.optional}
    return asked | said | {column for table, column in NEEDED if table == resource.table}


def called(reference: Reference, image: Image) -> Any:
    """How a call tells a row from others."""
    name = RESOURCES[reference.table].cloud_id[0] if reference.translated else reference.target_column
    return image[reference.called_by or name]


@contextmanager
def a_world(session: Session, draw: Draw, region: str = REGION, ground: World | None = None) -> Iterator[World]:
    """A world that is gone afterwards: the next example must not fail for what a failed one left."""
    world = World(session, draw, region, ground=ground)
    try:
        yield world
    except (UnsatisfiedAssumption, StopTest):  # nothing failed: hypothesis draws something else
        world.clean()
        raise
    except BaseException:
        empty()
        if ground is not None:
            ground.forget()
        raise


@attrs.define
class World:
    """An account in which the rows exist that others refer to; it takes them away again.

    ground       another world, of plain rows: what is referred to is there, for all examples of a test
    stated       table -> values that its rows have, whatever is drawn
    there        table -> the row of it that others refer to; others: a second one, for those that refer to two
    everywhere   the same of what has no region, which the worlds of several regions share, and what they have made
    """

    session: Session
    draw: Draw
    region: str = REGION
    ground: World | None = None
    stated: Mapping[str, Image] = attrs.field(factory=lambda: STATED)
    there: dict[str, Image] = attrs.field(factory=dict)
    others: dict[str, Image] = attrs.field(factory=dict)
    everywhere: dict[str, Image] = attrs.field(factory=dict)
    made: list[tuple[Resource, Image]] = attrs.field(factory=list)

    def elsewhere(self, region: str) -> World:
        """The same world in another region."""
        return World(self.session, self.draw, region, everywhere=self.everywhere, made=self.made)

    def scope(self, resource: Resource, image: Mapping[str, Any] = NOWHERE) -> str | None:
        """The region of the rows of a resource that has any."""
        return image.get("region", self.region) if resource.scope == "region" else None

    def create(self, resource: Resource, image: Image) -> Image:
        """Creates a row; the image of it as it is read back."""
        token = f"{resource.table}-{next(TOKENS)}"
        told = writer.create(self.session, resource, self.scope(resource), image, token)
        place = {"region": told.get("region") or self.region} if resource.has_region else {}
        self.made.append((resource, told | place))
        return self.read(resource, told)

    def read(self, resource: Resource, image: Image) -> Image:
        """A row that is there, by a targeted read."""
        (found,) = reader.read_some(self.session, resource, self.scope(resource), [image])
        return found

    def has(self, resource: Resource, image: Image) -> bool:
        """Whether a row is there."""
        return bool(reader.read_some(self.session, resource, self.scope(resource), [image]))

    def all(self, resource: Resource) -> list[Image]:
        """Every row that listing finds, of a parent's only those of the one that is there."""
        ground = self.ground or self
        below = ground.there | ground.everywhere
        parents = {resource.per: [below[resource.per]]} if resource.per else {}
        return list(reader.read_all(self.session, resource, self.scope(resource), parents))

    def update(self, resource: Resource, before: Image, after: Image, columns: frozenset[str]) -> Image:
        """Writes these columns of a row; the image of it as it is read back."""
        told = writer.update(self.session, resource, self.scope(resource), before, after, columns)
        return self.read(resource, told)

    def delete(self, resource: Resource, image: Image) -> None:
        """Deletes a row; what is gone already is deleted."""
        writer.delete(self.session, resource, self.scope(resource, image), image)

    def row(self, resource: Resource) -> Image:
        """A new row of a resource, with the rows that it refers to."""
        return dict(self.draw(rows(resource, **self.given(resource))))

    def given(self, resource: Resource) -> Image:
        """The columns of a new row that are not free: what it refers to, where it is, what the stand-in insists on."""
        place = {column.name: self.region for column in resource.columns if says_region(column)}
        null = {column: None for table, column in APART if table == resource.table}
        return {**place, **null, **self.references(resource), **self.stated.get(resource.table, {})}

    def changed(self, resource: Resource, before: Image) -> Image:
        """What a row may become by updates."""
        named = {column: before[column] for table, column in NAMED if table == resource.table}
        return dict(self.draw(changes(resource, before, **named, **self.stated.get(resource.table, {}))))

    def another(self, resource: Resource, before: Image, columns: frozenset[str]) -> Image:
        """A new row that differs from one in some of these columns."""
        kinds = {name: resource.column(name).kind for name in columns}

        def differs(image: Image) -> bool:
            return any(not kind.same(image[name], before[name]) for name, kind in kinds.items())

        return dict(self.draw(rows(resource, **self.given(resource)).filter(differs)))

    def led_elsewhere(self, resource: Resource, row: Image, column: Column) -> Image:
        """A row that refers to another row in this column; what serves once is another one too."""
        reference = column.references
        assert reference is not None
        served = [r for r in resource.references if (resource.table, r.column) in ONCE and row.get(r.column)]
        new = {each.column: self.name_of(resource, each, fresh=True) for each in served}
        taken = {row.get(each.column) for each in resource.references}
        told = (self.name_of(resource, reference, fresh=fresh) for fresh in (False, True))
        other = next((name for name in told if name not in taken), None)
        third = other or called(reference, self.bring(RESOURCES[reference.table], fresh=True))
        form = FORMS.get(resource.table, dict)
        return form(row | new | {column.name: third})

    def references(self, resource: Resource) -> dict[str, Any]:
        """The cloud ids of rows to refer to: column -> id. What may be null sometimes is."""
        found: dict[str, Any] = {}
        used: set[str] = set()
        needed = needs(resource)
        for reference in resource.references:
            if reference.table in ("aws_regions", resource.table):
                continue
            if reference.table in {*UNTOLD, *NOTHING} or (resource.table, reference.column) in APART:
                continue
            # of what only functions make there may be none
            if reference.column not in needed and (
                RESOURCES[reference.table].create is None or self.draw(st.booleans())
            ):
                continue
            found[reference.column] = self.name_of(resource, reference, fresh=reference.table in used)
            used.add(reference.table)
        for listed in resource.lists:
            if listed.column in needed:
                found[listed.column] = [self.name_of(resource, listed, fresh=False)]
        for (table, column), target in NAMED.items():
            if table == resource.table:
                found[column] = self.name_of(resource, Reference(column=column, table=target), fresh=False)
        return found

    def name_of(self, resource: Resource, reference: Reference, *, fresh: bool) -> Any:
        target = RESOURCES[reference.table]
        once = (resource.table, reference.column) in ONCE
        found = self.bring(target) if once else (self.ground or self).one(target, fresh=fresh)
        return called(reference, found)

    def one(self, resource: Resource, *, fresh: bool = False) -> Image:
        """A row to refer to; fresh: another one."""
        known = self.others if fresh else self.everywhere if resource.scope == "global" else self.there
        if resource.table not in known:
            known[resource.table] = self.bring(resource, fresh=fresh)
        return known[resource.table]

    def bring(self, resource: Resource, *, fresh: bool = False) -> Image:
        """A row of a resource: a new one, or, of what AWS alone makes, one that is there. fresh: by another name."""
        if resource.create is None:
            known = reader.read_all(self.session, resource, self.scope(resource), {})
            return next(islice(known, int(fresh), None))
        unlike = replaced_by(resource) if fresh else frozenset()
        unlike = unlike & frozenset(resource.natural) or unlike
        row = self.another(resource, self.one(resource), unlike) if unlike else self.row(resource)
        row |= PARENTS.get(resource.table, {})
        own = (resource.column(n) for n in resource.natural if fresh)
        name = next((c.name for c in own if type(c.kind) is Text and not c.references and row.get(c.name)), None)
        if name is not None:
            stem = row[name].removesuffix(".fifo")  # which the form puts behind it again
            row = FORMS.get(resource.table, dict)(row | {name: f"{stem}{len(self.made)}"})
        return self.create(resource, row)

    def other_members(self, resource: Resource, row: Image, column: Column) -> list[Any]:
        """An array with one member that it did not have."""
        listed = column.lists
        assert listed is not None
        found = (self.name_of(resource, listed, fresh=fresh) for fresh in (False, True))
        return [next(name for name in found if name not in (row[column.name] or ()))]

    def forget(self) -> None:
        """All of it has been taken away by somebody else."""
        for known in (self.there, self.others, self.everywhere, self.made):
            known.clear()

    def clean(self) -> None:
        """Deletes what was made, last made first."""
        for resource, image in reversed(self.made):
            try:
                self.delete(resource, image)
            except CloudFailure as failure:
                # the stand-in's DeleteSubnet keeps the subnet's association with its network ACL
                if (resource.table, failure.kind) != ("network_acl", "not_yet"):
                    raise
        self.forget()
