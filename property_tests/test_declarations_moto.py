"""Rows of every declared resource go to an AWS stand-in and come back: create, read, update, read, replace, delete."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from iasql.cloud import reader
from iasql.cloud.session import Session
from iasql.plan.order import waves
from iasql.plan.plan import Step
from iasql.resource import Column, Image, Resource
from iasql.resource.kinds import Strings, TagsValue
from property_tests.account.brought import BROUGHT
from property_tests.account.grounds import ground
from property_tests.account.lacks import AGAIN, ALONE, FIXED, GONE, LACKS, LOSES, WITHOUT, skip_missing
from property_tests.account.stand_in import session
from property_tests.account.verbs import creates, replaced_by, replaced_with, updates
from property_tests.account.world import RESOURCES, World, a_world
from property_tests.pace import few
from property_tests.strategies import names_rows

__all__ = ["ground", "session"]
EXAMPLES = few(5)


TURNS: Counter[str] = Counter()


def in_turn(resource: Resource) -> tuple[Column, ...]:
    """The references that this example replaces the row by: each is one example's, as each takes another parent."""
    turn = TURNS[resource.table] % EXAMPLES
    TURNS[resource.table] += 1
    return replaced_with(resource)[turn::EXAMPLES]


def assert_read(resource: Resource, sent: Image, got: Image) -> None:
    """What was sent is what was read."""
    for column in resource.columns:
        value = sent.get(column.name)
        if not column.settable or column.role in ("write_only", "local") or value is None:
            continue
        if (resource.table, column.name) not in LACKS:
            assert column.kind.same(value, got[column.name]), (column.name, value, got[column.name])


@pytest.mark.parametrize("resource", [r for r in RESOURCES.values() if creates(r)], ids=lambda r: r.table)
@settings(max_examples=EXAMPLES, deadline=None, phases=(Phase.generate,), suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_rows_go_to_the_cloud_and_come_back(
    session: Session, ground: World, resource: Resource, data: st.DataObject
) -> None:
    skip_missing(resource)
    with a_world(session, data.draw, ground=ground) as world:
        sent = world.row(resource)
        got = world.create(resource, sent)
        assert_read(resource, sent, got)
        assert got in world.all(resource)
        kept = resource.stays is not None and resource.stays(got)
        if updates(resource) and not kept and (resource.table, "update") not in WITHOUT and resource.table not in LOSES:
            assert_changes(world, resource, got)
        if replaced_by(resource):
            sent = world.another(resource, world.made[-1][1], replaced_by(resource))
            assert_replaced(world, resource, sent)
        for column in in_turn(resource):
            again = world.row(resource) if resource.table in AGAIN else sent
            sent = world.led_elsewhere(resource, again, column)
            assert_replaced(world, resource, sent)
        ours, last = world.made.pop()
        world.delete(ours, last)
        assert not world.has(ours, last)
        if resource.table not in GONE:
            world.delete(ours, last)
        world.clean()


def assert_changes(world: World, resource: Resource, got: Image) -> None:
    """What may change is written and read back, and so is its absence."""
    mutable = frozenset(c.name for c in resource.columns if c.role == "mutable" and not names_rows(c))
    wanted = world.changed(resource, got)
    free = (name for name in mutable if (resource.table, name) not in FIXED)
    columns = frozenset(name for name in free if not resource.column(name).kind.same(got[name], wanted[name]))
    again = world.update(resource, got, wanted, columns)
    assert_read(resource, {name: wanted[name] for name in columns}, again)
    world.made[-1] = (resource, emptied(world, resource, again))


def assert_replaced(world: World, resource: Resource, wanted: Image) -> None:
    """As a plan does it: another one is made before this one is deleted, or after that where it is in its way."""
    here = max(n for n, (made, _) in enumerate(world.made) if made is resource)
    _, old = world.made[here]
    first = goes_first(resource, old, wanted) or resource.table in ALONE
    if first:
        world.delete(*world.made.pop(here))
    new = world.create(resource, wanted)
    if not first:
        assert world.has(resource, old)
        world.delete(*world.made.pop(here))
    assert_read(resource, wanted, new)
    assert world.read(resource, new) == new
    assert old not in world.all(resource)


def goes_first(resource: Resource, old: Image, wanted: Image) -> bool:
    """Whether a plan removes what is replaced before its successor is made."""
    step = Step(action="replace", side="cloud", resource=resource, key={}, before=old, after=wanted)
    return next(task.verb for wave in waves([step]) for task in wave) == "delete"


def emptied(world: World, resource: Resource, image: Image) -> Image:
    """The row after its tags and sets were taken away, as it is read back."""
    many = (c for c in resource.columns if isinstance(c.kind, TagsValue | Strings) and c.optional and not names_rows(c))
    sets = {column.name for column in many if column.role == "mutable"}
    columns = frozenset(name for name in sets if image[name])
    nothing = image | dict.fromkeys(columns)
    again = world.update(resource, image, nothing, columns)
    kept = ("auto_scaling_group", "termination_policies")  # LACKS says why
    assert [name for name in columns if again[name] and (resource.table, name) != kept] == []
    return again


@pytest.mark.parametrize("resource", [r for r in RESOURCES.values() if not creates(r)], ids=lambda r: r.table)
@settings(max_examples=1, deadline=None, phases=(Phase.generate,), suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_rows_that_aws_makes_are_read(session: Session, resource: Resource, data: st.DataObject) -> None:
    skip_missing(resource)
    with a_world(session, data.draw) as world:
        if resource.per:
            world.there[resource.per] = world.bring(RESOURCES[resource.per])
        if resource.table in BROUGHT:
            BROUGHT[resource.table](session, world.there.get(resource.per or "", {}))
        images = world.all(resource)
        assert images
        assert all(set(image) == {column.name for column in resource.in_cloud} for image in images)
        assert reader.read_some(session, resource, world.scope(resource), images) == images
        if resource.delete is not None and not resource.remakes:
            world.delete(resource, images[0])
            assert images[0] not in reader.read_some(session, resource, world.scope(resource), images)
        world.clean()
