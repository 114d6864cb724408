"""Fixtures: what rows refer to, in one region and in another, for all examples of a test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from iasql.cloud.session import Session
from property_tests.account.world import ELSEWHERE, World
from property_tests.strategies import plain


@pytest.fixture
def ground(session: Session) -> Iterator[World]:
    """Rows to refer to; they go with the test."""
    world = World(session, plain)
    yield world
    world.clean()


@pytest.fixture
def other_ground(ground: World) -> World:
    """The same in another region."""
    return ground.elsewhere(ELSEWHERE)
