"""Faults in the middle of a commit, at some of the instants: `tests.acceptance.every_instant` tries them all."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import partial

import pytest

from tests.acceptance.conftest import AWS, empty
from tests.acceptance.crash_world import MODULES, World, a_world
from tests.acceptance.every_instant import fresh, ground
from tests.acceptance.faults import KINDS, trials
from tests.databases import Server, new_database

pytestmark = pytest.mark.timeout(900)
SOME = {
    "engine-before-call": (16,),
    "engine-after-call": (20,),
    "engine-before-message": (90,),
    "engine-after-message": (140,),
    "engine-bringing-back": (2,),
    "connections-after-call": (16,),
    "cut-off": (11,),
    "caller-left": (17,),
    "network-cut": (18,),
    "answer-lost": (21,),
    "throttled": (9,),
    "refused": (13,),
    "network-down": (9,),
}
SOME_ON_ITS_OWN_SERVER = {"postgresql-after-call": (18,), "postgresql-at-message": (50,)}


@pytest.fixture(scope="module")
def world(server: Server, with_modules: Callable[..., str], moto_endpoint: str) -> Iterator[World]:
    """One for all kinds; whatever a trial has left behind, the next one finds."""
    with pytest.MonkeyPatch.context() as patched, contextmanager(new_database)(server, with_modules(*MODULES)) as found:
        for name, value in AWS.items():
            patched.setenv(name, value)
        empty(moto_endpoint)
        with a_world(found, moto_endpoint, patched) as world:
            yield world


STRUCK_ELSEWHERE = {
    "engine-before-call", "engine-after-call", "network-cut", "answer-lost", "throttled", "refused", "network-down",
}  # fmt: skip
"""What the state machine of property_tests, or a story of tests/acceptance/test_failures.py, strikes with."""


@pytest.mark.parametrize("name", SOME)
def test_some_instants(world: World, name: str) -> None:
    if os.environ.get("HYPOTHESIS_PROFILE") == "ci" and name in STRUCK_ELSEWHERE:
        pytest.skip("the state machine or another story strikes with this one in the same run")
    kind = KINDS[name]
    for number, verdict in trials(kind, lambda: nullcontext(world), SOME[name]):
        assert kind.is_expected(verdict), f"instant {number}: {verdict}"


def test_postgresql_is_killed(moto_endpoint: str) -> None:
    with ground() as (embedded, server):
        for name, numbers in SOME_ON_ITS_OWN_SERVER.items():
            for number, verdict in trials(KINDS[name], partial(fresh, embedded, server, moto_endpoint), numbers):
                assert KINDS[name].is_expected(verdict), f"{name}, instant {number}: {verdict}"


def test_every_kind_is_tried() -> None:
    assert {*SOME, *SOME_ON_ITS_OWN_SERVER} == KINDS.keys()
