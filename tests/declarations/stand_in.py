"""A stand-in of AWS as the declarations see it: rows by table name, created, read back, changed, deleted."""

from __future__ import annotations

from typing import Any

from iasql.cloud import reader, writer
from iasql.cloud.session import Session
from iasql.modules import discover
from iasql.resource import Image, Resource

HERE, THERE = "us-east-1", "eu-west-1"
RESOURCES = {resource.table: resource for module in discover().values() for resource in module.resources}


class Cloud:
    """A stand-in of AWS, by table names."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def client(self, service: str, region: str = HERE) -> Any:
        return self.session.client(service, region)

    def create(self, table: str, region: str = HERE, **values: Any) -> Image:
        """Creates a row and gives it as AWS tells it afterwards."""
        resource = RESOURCES[table]
        placed = values | ({"region": region} if resource.has_region else {})
        made = writer.create(self.session, resource, self.scope(resource, region), placed, token=f"token-{table}")
        return self.read(table, made, region)

    def read(self, table: str, row: Image, region: str = HERE) -> Image:
        """The row as AWS tells it, by a targeted read; a read of everything must tell the same."""
        some = reader.read_some(self.session, RESOURCES[table], self.scope(RESOURCES[table], region), [row])
        assert len(some) == 1, f"{table} {row} is not there"
        assert some[0] in self.all(table, region)
        return some[0]

    def update(self, table: str, row: Image, region: str = HERE, **values: Any) -> Image:
        scope = self.scope(RESOURCES[table], region)
        told = writer.update(self.session, RESOURCES[table], scope, row, row | values, frozenset(values))
        return self.read(table, told, region)

    def delete(self, table: str, row: Image, region: str = HERE) -> None:
        resource = RESOURCES[table]
        writer.delete(self.session, resource, self.scope(resource, region), row)
        assert reader.read_some(self.session, resource, self.scope(resource, region), [row]) == []
        assert row not in self.all(table, region)
        writer.delete(self.session, resource, self.scope(resource, region), row)  # what is gone is deleted

    def all(self, table: str, region: str = HERE) -> list[Image]:
        resource = RESOURCES[table]
        parents = {resource.per: self.all(resource.per, region)} if resource.per else {}
        return list(reader.read_all(self.session, resource, self.scope(resource, region), parents))

    @staticmethod
    def scope(resource: Resource, region: str) -> str | None:
        return region if resource.scope == "region" else None


def agrees(row: Image, **values: Any) -> bool:
    assert {name: row[name] for name in values} == values
    return True
