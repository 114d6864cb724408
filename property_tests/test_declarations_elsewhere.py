"""Rows move to another region: they are made there, with what they refer to there, and deleted here."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from iasql.cloud.session import Session
from iasql.resource import Image, Resource
from property_tests.account.grounds import ground, other_ground
from property_tests.account.lacks import NAMED, skip_missing
from property_tests.account.stand_in import session
from property_tests.account.verbs import moves
from property_tests.account.world import ELSEWHERE, RESOURCES, World, a_world, says_region
from property_tests.pace import few
from property_tests.strategies import names_rows
from property_tests.test_declarations_moto import assert_read

__all__ = ["ground", "other_ground", "session"]


@pytest.mark.parametrize("resource", [r for r in RESOURCES.values() if moves(r)], ids=lambda r: r.table)
@settings(max_examples=few(1), deadline=None, phases=(Phase.generate,), suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_rows_move_to_another_region(
    session: Session, ground: World, other_ground: World, resource: Resource, data: st.DataObject
) -> None:
    """As a plan does it; each region tells of its own row only."""
    skip_missing(resource)
    with (
        a_world(session, data.draw, ground=ground) as here,
        a_world(session, data.draw, ELSEWHERE, ground=other_ground) as there,
    ):
        sent = here.row(resource)
        before = here.create(resource, sent)
        wanted = moved(there, resource, sent)
        after = there.create(resource, wanted)
        assert after["region"] == ELSEWHERE
        assert_read(resource, wanted, after)
        assert before in here.all(resource)
        assert after in there.all(resource)
        assert after not in here.all(resource)
        here.delete(resource, before)
        assert not here.has(resource, before)
        assert there.read(resource, after) == after
        there.delete(resource, after)
        assert after not in there.all(resource)
        for world in (here, there):
            world.made = [made for made in world.made if made[0] is not resource]
            world.clean()


def moved(there: World, resource: Resource, row: Image) -> Image:
    """The row in the other region, with what it refers to there."""
    new = there.row(resource)
    placed = {column.name for column in resource.columns if names_rows(column) or says_region(column)}
    placed |= {name for table, name in NAMED if table == resource.table}
    return row | {name: new[name] for name in placed & new.keys()}
