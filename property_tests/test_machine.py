"""The state machine: two databases, one account, and everything that users, colleagues and bad luck do to them."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from property_tests.machines.machine import Machine
from property_tests.machines.world import World, quicken
from tests.acceptance.conftest import AWS, moto_endpoint
from tests.databases import Server, server, template

__all__ = ["moto_endpoint", "server", "template"]

SIZES = {"dev": (8, 20), "ci": (40, 25), "nightly": (600, 50)}
"""Runs, and steps a run, by profile."""


@pytest.fixture
def world(server: Server, template: str, moto_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """An account with a database to copy."""
    for name, value in (AWS | {"AWS_ENDPOINT_URL": moto_endpoint}).items():
        monkeypatch.setenv(name, value)
    quicken(monkeypatch)
    found = World(server=server, endpoint=moto_endpoint)
    found.prepare(template)
    yield found
    found.end()


@pytest.mark.timeout(6 * 3600)
def test_tables_and_cloud_are_what_the_oracle_says(world: World) -> None:
    Machine.world = world
    Machine.spoiling = "MACHINE_QUIET" not in os.environ
    runs, steps = SIZES[os.environ.get("HYPOTHESIS_PROFILE", "dev")]
    chosen = settings(
        max_examples=int(os.environ.get("MACHINE_RUNS", runs)),
        stateful_step_count=steps,
        phases=(Phase.explicit, Phase.reuse, Phase.generate),  # a run takes seconds: too long to shrink by trying
    )
    try:
        run_state_machine_as_test(Machine, settings=chosen)
    finally:
        print(dict(sorted(Machine.counts.items())))
