"""Each column that AWS changes in place is changed by itself: it is read back, and the others are as they were."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from iasql.cloud.session import Session
from iasql.resource import Column, Image, Resource
from property_tests.account.alone import FORGETS, SAID, STAYS, TOGETHER
from property_tests.account.grounds import ground
from property_tests.account.lacks import FIXED, LACKS, LOSES, WITHOUT, skip_missing
from property_tests.account.stand_in import session
from property_tests.account.verbs import creates, updates
from property_tests.account.world import RESOURCES, World, a_world
from property_tests.strategies import names_rows, plain
from property_tests.strategies.rows import free

__all__ = ["ground", "session"]
CHANGING = [r for r in RESOURCES.values() if creates(r) and updates(r) and r.table not in {*LOSES, *TOGETHER}]


def mutable(resource: Resource) -> list[Column]:
    """The columns that are changed here."""
    left = {*FIXED, *STAYS}
    return [c for c in resource.columns if c.role == "mutable" and (resource.table, c.name) not in left]


@pytest.mark.parametrize("resource", CHANGING, ids=lambda resource: resource.table)
def test_each_column_changes_by_itself(session: Session, ground: World, resource: Resource) -> None:
    skip_missing(resource)
    if (resource.table, "update") in WITHOUT:
        pytest.skip("the stand-in has no {}:{}".format(*WITHOUT[resource.table, "update"]))
    with a_world(session, plain, ground=ground) as world:
        got = world.create(resource, world.row(resource))
        for column in mutable(resource):
            said = SAID.get((resource.table, column.name))
            if said is not None and said.of:
                with stated(world, resource, said.of):
                    assert_changes_alone(world, resource, world.create(resource, world.row(resource)), column)
            else:
                got = assert_changes_alone(world, resource, got, column)
                world.made = [made for made in world.made if made[0] is not resource] + [(resource, got)]
        world.clean()


@contextmanager
def stated(world: World, resource: Resource, image: Image) -> Iterator[None]:
    """While it lasts new rows of a resource have these values."""
    before = world.stated
    world.stated = {**before, resource.table: {**before.get(resource.table, {}), **image}}
    yield
    world.stated = before


def assert_changes_alone(world: World, resource: Resource, got: Image, column: Column) -> Image:
    """The row as it is read after this column of it was changed; where others must change along, SAID says so."""
    wanted = changed_alone(world, resource, got, column)
    names = {name for name in wanted if not resource.column(name).kind.same(wanted[name], got.get(name))}
    assert column.name in names
    assert resource.faults(wanted, names) == []
    again = world.update(resource, got, wanted, frozenset(names))
    for each in resource.in_cloud:
        place = (resource.table, each.name)
        if not each.settable or each.role == "write_only" or wanted[each.name] is None or place in LACKS:
            continue
        if each.name in names or place not in FORGETS:
            assert each.kind.same(wanted[each.name], again[each.name]), (each.name, wanted, again)
    return again


def changed_alone(world: World, resource: Resource, got: Image, column: Column) -> Image:
    """The row with another value in a column."""
    said = SAID.get((resource.table, column.name))
    if said is not None:
        return got | said.to
    if column.references is not None:
        return world.led_elsewhere(resource, got, column)
    if names_rows(column):
        return got | {column.name: world.other_members(resource, got, column)}
    kind = column.kind
    value = plain(free(resource, column.name).filter(lambda value: not kind.same(value, got[column.name])))
    return got | {column.name: value}


@pytest.mark.parametrize(("table", "column"), sorted({*SAID, *STAYS}))
def test_what_is_said_is_of_columns_that_change(table: str, column: str) -> None:
    assert RESOURCES[table].column(column).role == "mutable"
