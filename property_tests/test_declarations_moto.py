"""Rows of every declared resource go to an AWS stand-in and come back: create, read, update, read, delete, read."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from iasql.cloud import reader
from iasql.cloud.session import Session
from iasql.resource import Image, Resource
from iasql.resource.kinds import Strings, TagsValue
from property_tests.account.brought import BROUGHT
from property_tests.account.lacks import FIXED, LACKS, LOSES, MISSING, WITHOUT, has, skip_missing
from property_tests.account.stand_in import endpoint, session
from property_tests.account.world import RESOURCES, World, a_world
from property_tests.strategies import names_rows

__all__ = ["endpoint", "session"]

EXAMPLES = 5 if os.environ.get("HYPOTHESIS_PROFILE") in ("ci", None, "dev") else 50


@pytest.mark.parametrize("operation", sorted({*MISSING.values(), *FIXED.values(), *WITHOUT.values()}), ids=".".join)
def test_what_is_skipped_is_still_missing(operation: tuple[str, str]) -> None:
    assert not has(*operation)
    assert has("ecr", "CreateRepository")


def assert_read(resource: Resource, sent: Image, got: Image) -> None:
    """What was sent is what was read."""
    for column in resource.columns:
        value = sent.get(column.name)
        if not column.settable or column.role in ("write_only", "local") or value is None:
            continue
        if (resource.table, column.name) not in LACKS:
            assert column.kind.same(value, got[column.name]), (column.name, value, got[column.name])


@pytest.mark.parametrize(
    "resource", [r for r in RESOURCES.values() if r.create and not r.remakes], ids=lambda r: r.table
)
@settings(max_examples=EXAMPLES, deadline=None, phases=(Phase.generate,), suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_rows_go_to_the_cloud_and_come_back(session: Session, resource: Resource, data: st.DataObject) -> None:
    skip_missing(resource)
    with a_world(session, data.draw) as world:
        sent = world.row(resource)
        got = world.create(resource, sent)
        assert_read(resource, sent, got)
        assert got in world.all(resource)
        mutable = frozenset(c.name for c in resource.columns if c.role == "mutable" and not names_rows(c))
        kept = resource.stays is not None and resource.stays(got)
        if mutable and not kept and (resource.table, "update") not in WITHOUT and resource.table not in LOSES:
            wanted = world.changed(resource, got)
            free = (name for name in mutable if (resource.table, name) not in FIXED)
            columns = frozenset(name for name in free if not resource.column(name).kind.same(got[name], wanted[name]))
            again = world.update(resource, got, wanted, columns)
            assert_read(resource, {name: wanted[name] for name in columns}, again)
            world.made[-1] = (resource, emptied(world, resource, again))
        ours, last = world.made.pop()
        world.delete(ours, last)
        assert not world.has(ours, last)
        world.delete(ours, last)
        world.clean()


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


@pytest.mark.parametrize(
    "resource", [r for r in RESOURCES.values() if not r.create or r.remakes], ids=lambda r: r.table
)
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
