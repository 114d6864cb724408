"""The rows that others refer to, made when they are needed and taken away in the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import attrs
from hypothesis import strategies as st

from iasql.cloud import reader, writer
from iasql.cloud.session import Session
from iasql.cloud.verdict import CloudFailure
from iasql.modules import discover
from iasql.resource import Column, Image, Reference, Resource
from property_tests.account.lacks import APART, MISSING, NAMED, NEEDED, NOTHING, PARENTS, STATED
from property_tests.account.stand_in import post
from property_tests.strategies import changes, rows

REGION, ELSEWHERE = "us-east-1", "eu-west-1"
RESOURCES = {r.table: r for module in discover().values() for r in module.resources if r.service}


def says_region(column: Column) -> bool:
    """Whether it names a region: the row's own, or that of the other side of a peering."""
    return column.region or column.name == "accepter_region"


@contextmanager
def a_world(session: Session, draw: Callable[[st.SearchStrategy[Any]], Any], region: str = REGION) -> Iterator[World]:
    """A world that is gone afterwards: the next example must not fail for what a failed one left."""
    try:
        yield World(session, draw, region)
    except BaseException:
        post(f"{session.endpoint_url}/moto-api/reset")
        raise


@attrs.define
class World:
    """An account in which the rows exist that others refer to; it takes them away again."""

    session: Session
    draw: Callable[[st.SearchStrategy[Any]], Any]
    region: str = REGION
    stated: Mapping[str, Image] = attrs.field(factory=lambda: STATED)
    """Table -> values that its rows have, whatever is drawn."""
    there: dict[str, Image] = attrs.field(factory=dict)
    made: list[tuple[Resource, Image]] = attrs.field(factory=list)

    def scope(self, resource: Resource) -> str | None:
        """The region of the rows of a resource that has any."""
        return self.region if resource.scope == "region" else None

    def create(self, resource: Resource, image: Image) -> Image:
        """Creates a row; the image of it as it is read back."""
        token = f"{resource.table}-{self.region}-{len(self.made)}"
        told = writer.create(self.session, resource, self.scope(resource), image, token)
        self.made.append((resource, told))
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
        parents = {resource.per: [self.there[resource.per]]} if resource.per else {}
        return list(reader.read_all(self.session, resource, self.scope(resource), parents))

    def update(self, resource: Resource, before: Image, after: Image, columns: frozenset[str]) -> Image:
        """Writes these columns of a row; the image of it as it is read back."""
        told = writer.update(self.session, resource, self.scope(resource), before, after, columns)
        return self.read(resource, told)

    def delete(self, resource: Resource, image: Image) -> None:
        """Deletes a row; what is gone already is deleted."""
        writer.delete(self.session, resource, self.scope(resource), image)

    def row(self, resource: Resource) -> Image:
        """A new row of a resource, with the rows that it refers to."""
        return dict(self.draw(rows(resource, **self.given(resource))))

    def given(self, resource: Resource) -> Image:
        """The columns of a new row that are not free: what it refers to, where it is, what the stand-in insists on."""
        place = {column.name: self.region for column in resource.columns if says_region(column)}
        return {**place, **self.references(resource), **self.stated.get(resource.table, {})}

    def changed(self, resource: Resource, before: Image) -> Image:
        """What a row may become by updates."""
        named = {column: before[column] for table, column in NAMED if table == resource.table}
        return dict(self.draw(changes(resource, before, **named, **self.stated.get(resource.table, {}))))

    def references(self, resource: Resource) -> dict[str, Any]:
        """The cloud ids of rows to refer to: column -> id. What may be null sometimes is."""
        found: dict[str, Any] = {}
        used: set[str] = set()
        for reference in resource.references:
            if reference.table in ("aws_regions", resource.table):
                continue
            if reference.table in {*MISSING, *NOTHING} or (resource.table, reference.column) in APART:
                continue
            needed = (resource.table, reference.column) in NEEDED
            optional = not needed and resource.column(reference.column).optional
            # of what only functions make there may be none
            if optional and (RESOURCES[reference.table].create is None or self.draw(st.booleans())):
                continue
            found[reference.column] = self.name_of(reference, fresh=reference.table in used)
            used.add(reference.table)
        for listed in resource.lists:
            if (resource.table, listed.column) in NEEDED or not resource.column(listed.column).optional:
                found[listed.column] = [self.name_of(listed, fresh=False)]
        for (table, column), target in NAMED.items():
            if table == resource.table:
                found[column] = self.name_of(Reference(column=column, table=target), fresh=False)
        return found

    def name_of(self, reference: Reference, *, fresh: bool) -> Any:
        target = RESOURCES[reference.table]
        if fresh or target.table not in self.there:
            self.there[target.table] = self.bring(target, fresh=fresh)
        name = target.cloud_id[0] if reference.translated else reference.target_column
        name = reference.called_by or name
        return self.there[target.table][name]

    def bring(self, resource: Resource, *, fresh: bool = False) -> Image:
        """A row of a resource: a new one, or, of what AWS alone makes, one that is there. fresh: by another name."""
        if resource.create is None:
            return next(reader.read_all(self.session, resource, self.scope(resource), {}))
        row = self.row(resource) | PARENTS.get(resource.table, {})
        name = next((n for n in resource.natural if fresh and isinstance(row.get(n), str)), None)
        return self.create(resource, row if name is None else row | {name: f"{row[name]}{len(self.made)}"})

    def clean(self) -> None:
        """Deletes what was made, last made first."""
        for resource, image in reversed(self.made):
            try:
                self.delete(resource, image)
            except CloudFailure as failure:
                # the stand-in's DeleteSubnet keeps the subnet's association with its network ACL
                if (resource.table, failure.kind) != ("network_acl", "not_yet"):
                    raise
