"""The state machine: two databases, one account, and everything that users, colleagues and bad luck do to them.

It runs in parts, each with a seed of its own, so that several processes share the work and one failure leaves the
other parts to go on: part 3 of a run with `--hypothesis-seed=7` is `-k part03 --hypothesis-seed=7`, whenever it is run.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Callable, Iterator

import attrs
import moto
import pytest
from hypothesis import Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from property_tests.machines.kinds import KINDS
from property_tests.machines.machine import Machine
from property_tests.machines.model import REFERENCE
from property_tests.machines.world import World, quicken
from tests.acceptance.conftest import AWS
from tests.databases import Server, server, template

__all__ = ["server", "template"]


@attrs.frozen
class Size:
    """How much of it: parts, runs of each, and steps of each run."""

    parts: int
    runs: int
    steps: int


SIZES = {"dev": Size(1, 8, 20), "ci": Size(2, 20, 25), "nightly": Size(48, 20, 50)}
SIZE = SIZES[os.environ.get("HYPOTHESIS_PROFILE", "dev")]


@pytest.fixture
def world(server: Server, template: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """An account with a database to copy."""
    for name, value in AWS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    quicken(monkeypatch)
    with moto.mock_aws():
        found = World(server=server)
        found.prepare(template)
        yield found
        found.end()


@pytest.mark.timeout(12 * 3600)
@pytest.mark.parametrize("part", range(SIZE.parts), ids="part{:02}".format)
def test_tables_and_cloud_are_what_the_oracle_says(
    part: int, world: World, request: pytest.FixtureRequest, record_property: Callable[[str, object], None]
) -> None:
    number = chosen_seed(request.config) * 1000 + part
    machine = seed(number)(type("Machine", (Machine,), {"world": world, "counts": Counter()}))
    machine.spoiling = "MACHINE_QUIET" not in os.environ
    chosen = settings(
        max_examples=SIZE.runs,
        stateful_step_count=SIZE.steps,
        phases=(Phase.explicit, Phase.generate),  # a run takes seconds: too long to shrink by trying
    )
    print(f"seed {number}")
    try:
        run_state_machine_as_test(machine, settings=chosen)
    finally:
        struck = {f"struck: {way}": count for way, count in world.faults.strikes.items()}
        record_property("examples", machine.counts["runs"])
        record_property("counts", dict(machine.counts) | struck)


def test_a_commit_that_is_killed_at_any_of_its_changes_is_what_the_oracle_says(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was done before the engine died is not done again: random histories seldom meet each of these instants."""
    monkeypatch.setattr("property_tests.machines.machine.note", print)
    for nth in range(1, 30):
        machine = told(world)
        machine.insert_row(0, KINDS["security_group"], {"group_name": "pm-b", "description": "one", "tags": None})
        machine.tick(which=0)
        struck = committed_and_killed(machine, nth)
        machine.teardown()
        if not struck:
            break
    assert nth > 5


def told(world: World) -> Machine:
    """A machine that does what it is told, with a count of its own."""
    machine: Machine = type("Machine", (Machine,), {"world": world, "counts": Counter()})()
    return machine


def committed_and_killed(machine: Machine, nth: int) -> bool:
    """Commits two waves of new rows and a replacement, and kills the engine; whether it came to that."""
    machine.begin(which=0)
    (old,) = machine.rows(0, "security_group")
    machine.set(0, old, "description", "two")
    machine.insert_row(0, KINDS["security_group"], {"group_name": "pm-a", "description": "one", "tags": {"t": "1"}})
    (new,) = (row for row in machine.rows(0, "security_group") if row != old)
    rule = {"from_port": 22, "description": "one", REFERENCE: new}
    machine.insert_row(0, KINDS["security_group_rule"], rule)
    before = machine.world.faults.strikes.total()
    machine.world.faults.arm("killed_after", nth, writes=True)
    machine.commit(which=0, force=False)
    # AWS has refused nothing: whoever takes over finishes it
    assert not {"spoiled commit failed", "spoiled commit rolled_back"} & machine.counts.keys(), machine.counts
    return machine.world.faults.strikes.total() > before


def test_what_a_commit_does_not_ask_comes_with_the_next_refresh(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """AWS keeps a queue's tags behind a call of their own: a colleague's are unheard of while another column is set."""
    monkeypatch.setattr("property_tests.machines.machine.note", print)
    machine = told(world)
    kind, values = KINDS["queue"], {"name": "pm-a", "visibility_timeout": 30, "delay_seconds": 0, "tags": None}
    machine.insert_row(0, kind, values)
    machine.tick(which=0)
    machine.begin(which=0)
    (row,) = machine.rows(0, "queue")
    machine.set(0, row, "visibility_timeout", 45)
    (queue,) = machine.model.cloud
    real, values = world.cloud_id(kind, machine.model.name_of(queue))
    kind.change(world.aws, real, {**values, "tags": {"t": "1"}}, "tags")
    machine.model.cloud[queue]["tags"] = {"t": "1"}
    machine.commit(which=0, force=False)
    assert machine.model.databases[0].rows[row]["tags"] is None
    machine.refresh(which=0)
    assert machine.model.databases[0].rows[row]["tags"] == {"t": "1"}
    machine.teardown()


@pytest.mark.parametrize("theirs", ["one", "two"])
def test_a_rule_that_was_made_twice_while_its_group_is_replaced(world: World, theirs: str) -> None:
    """Made alike, it goes along with its group; made differently, both wait, and nobody's is overwritten."""
    machine = told(world)
    machine.insert_row(0, KINDS["security_group"], {"group_name": "pm-a", "description": "one", "tags": None})
    machine.tick(which=0)
    (row,), (group,) = machine.rows(0, "security_group"), machine.model.cloud
    machine.set(0, row, "description", "two")
    machine.insert_row(0, KINDS["security_group_rule"], {"from_port": 22, "description": "one", REFERENCE: row})
    real, _ = world.cloud_id(KINDS["security_group"], machine.model.name_of(group))
    made = {"from_port": 22, "description": theirs}
    KINDS["security_group_rule"].make(world.aws, {**made, REFERENCE: real})
    machine.model.make(KINDS["security_group_rule"], {**made, REFERENCE: group})
    machine.tick(which=0)
    found = [each["description"] for each in world.cloud().values()]
    assert found == (["two", "one"] if theirs == "one" else ["one", "two"])
    machine.teardown()


def test_a_deleted_group_stays_while_a_rule_cannot_leave_it(world: World) -> None:
    """AWS would take the rule along, whose row is still there; once that has found a place, the group goes."""
    machine = told(world)
    group, rule = KINDS["security_group"], KINDS["security_group_rule"]
    for name in ("pm-a", "pm-b"):
        machine.insert_row(0, group, {"group_name": name, "description": "one", "tags": None})
    lost, old = machine.rows(0, "security_group")
    machine.insert_row(0, rule, {"from_port": 443, "description": "one", REFERENCE: old})
    machine.tick(which=0)
    machine.set(0, lost, "tags", {"t": "1"})
    theirs = machine.model.databases[0].agreed[lost].cloud_id
    group.remove(world.aws, *world.cloud_id(group, machine.model.name_of(theirs)))
    machine.model.remove(theirs)
    (moved,) = machine.rows(0, "security_group_rule")
    machine.set(0, moved, REFERENCE, lost)
    machine.delete_row(0, old)
    machine.tick(which=0)
    assert ("security_group_rule", "pm-b", 443) in world.cloud()
    machine.insert_row(0, group, {"group_name": "pm-c", "description": "one", "tags": None})
    machine.set(0, moved, REFERENCE, machine.rows(0, "security_group")[-1])
    machine.tick(which=0)
    assert {name[1] for name in world.cloud()} == {"pm-c"}
    machine.teardown()


def chosen_seed(config: pytest.Config) -> int:
    """The run's: as it was told, always the same in CI, else any."""
    told = config.getoption("--hypothesis-seed")
    if str(told).isdigit():
        return int(told)
    return 0 if settings().derandomize else random.randrange(10**6)
