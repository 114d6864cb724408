"""Every kind of fault that a commit may meet, and how it is brought about at any one instant.

The next steps are `python -m tests.acceptance.every_instant`, which tries every instant of every kind, and
tests/acceptance/test_crashes.py, which tries some.
"""

from __future__ import annotations

import itertools
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import attrs
import psycopg

from tests.acceptance.crash_world import LANDED, Verdict, World, until
from tests.acceptance.engine_process import PATIENCE, EngineProcess
from tests.acceptance.fault_proxy import writes

Struck = Callable[[], bool]
"""Whether the fault has come about."""
ROUNDS = 30
"""Trials in one world: each leaves things behind that all later ones read."""


@attrs.frozen(kw_only=True)
class Kind:
    """One kind of fault.

    title    as the table names it             arm      makes it come about at the nth instant from now
    mend     makes an engine answer again      states   what the commit may come to
    """

    title: str
    arm: Callable[[World, int], Struck]
    mend: Callable[[World], None]
    states: frozenset[str] = frozenset({"committed"})

    def is_expected(self, verdict: Verdict) -> bool:
        """Whether nothing is wrong after this kind of fault."""
        return verdict.is_clean and verdict.state in self.states

    def tried(self, world: World, number: int) -> tuple[Verdict, bool]:
        """What is left after one trial, and whether the fault came about in it."""
        world.prepare()
        tx = world.change()
        struck = self.arm(world, number)
        world.commit()
        was_struck = struck()
        world.proxy.rules.clear()
        world.wire.spare()
        if was_struck:
            self.mend(world)
        return world.verdict(tx), was_struck


# --- how they come about ---


def any_call(name: str, body: str) -> bool:
    return True


def a_write(name: str, body: str) -> bool:
    return writes(name)


def at_a_call(
    way: Any,
    *,
    of: Callable[[str, str], bool] = any_call,
    seconds: float = 0.0,
    die: Callable[[World], Any] | None = None,
) -> Callable[[World, int], Struck]:
    """At the nth call to AWS: what the proxy before it can do, and who dies there."""

    def arm(world: World, number: int) -> Struck:
        died = threading.Event()

        def strike() -> None:
            assert die is not None
            die(world)
            died.set()

        rule = world.proxy.on(of, way, after=number, times=1, seconds=seconds, die=strike)
        # the commit may be over before the death that ended it is: the caller hears of it at once
        return lambda: rule.seen > number and (die is None or died.wait(PATIENCE))

    return arm


def from_a_write_on(world: World, number: int) -> Struck:
    """Nothing reaches AWS any more, from the nth changing call on."""
    rule = world.proxy.on(lambda name, body: len(world.proxy.writes) > number, "drop")
    return lambda: rule.seen > 0


def while_it_brings_back(world: World, number: int) -> Struck:
    """The bucket is refused; the engine is killed before the nth call after that, whether or not it has heard so."""
    world.done = world.done | {"replaced": ["old"]}
    world.sql("update security_group set description = 'old' where group_name = %s", f"replaced-{world.round}")
    world.proxy.on("CreateBucket", "refuse")
    later = world.proxy.on(
        lambda name, body: "CreateBucket" in world.proxy.calls[:-1], "die_before",
        after=number, times=1, die=lambda: kill_engine(world),
    )  # fmt: skip
    return lambda: later.seen > number


def at_a_message(when: Any, die: Callable[[World], Any]) -> Callable[[World, int], Struck]:
    """At the nth message that the engine sends to PostgreSQL."""

    def arm(world: World, number: int) -> Struck:
        strike = world.wire.strike(number, when, lambda: die(world))
        return lambda: strike.struck

    return arm


def kill_engine(world: World) -> None:
    world.engine.kill()


def kill_postgresql(world: World) -> None:
    """Ends PostgreSQL as a power cut would; its processes go when they find it gone."""
    assert world.ground is not None
    (note,) = world.ground.data_dir.glob("*/postmaster.pid")
    os.kill(int(note.read_text().splitlines()[0]), signal.SIGKILL)


def end_connections(world: World) -> None:
    """Ends every connection of the engine, as a restart of PostgreSQL does."""
    with world.database.server.admin(world.database.name) as admin:
        admin.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()"
            " and usename in ('iasql_engine', 'iasql_writer')"
        )


def leave(world: World) -> None:
    """The caller goes while its commit runs."""
    with world.database.server.admin(world.database.name) as admin:
        admin.execute("select pg_terminate_backend(%s)", [world.sql.connection.info.backend_pid])


def cut_off(world: World) -> None:
    """The engine loses PostgreSQL and does not hear of it; another one, which stood by, takes over."""
    world.wire.cut()
    world.standby = EngineProcess.start(world.database.address, world.database.name, LANDED, wait=False)


# --- how the world is made whole again ---


def nothing(world: World) -> None:
    """The engine lives."""


def another_engine(world: World) -> None:
    world.restart()


def another_server(world: World) -> None:
    """PostgreSQL starts again; the engine finds it by itself."""
    ground = world.ground
    assert ground is not None
    until(lambda: not ground.running(), "PostgreSQL is down")
    ground.stop()
    ground.start(world.database.address.port)
    world.reconnect()
    answers(world)


def answers(world: World) -> None:
    """The engine connects again by itself."""

    def asked() -> bool:
        try:
            return bool(world.sql("select * from iasql_modules_list()"))
        except psycopg.Error:
            if world.sql.connection.closed:
                world.reconnect()
            return False

    until(asked, "the engine answers")


def the_other_takes_over(world: World) -> None:
    """The one that was cut off lives on, without a place."""
    assert world.standby is not None
    world.standby.ready()
    assert world.engine.lives
    world.engine.end()
    world.engine, world.standby = world.standby, None
    world.rewire()


def another_caller(world: World) -> None:
    """The commit that nobody waits for comes to its end."""
    world.reconnect()
    until(lambda: world.sql("select state from iasql_transaction where state = 'committing'") == [], "it ends")


MAY_STAY = frozenset({"committed", "open"})
KINDS = {
    "engine-before-call": Kind(
        title="engine killed before a call to AWS",
        arm=at_a_call("die_before", die=kill_engine), mend=another_engine, states=MAY_STAY,
    ),
    "engine-after-call": Kind(
        title="engine killed after a call to AWS, before it heard the answer",
        arm=at_a_call("die_after", die=kill_engine), mend=another_engine, states=MAY_STAY,
    ),
    "engine-before-message": Kind(
        title="engine killed before PostgreSQL heard a message",
        arm=at_a_message("before", kill_engine), mend=another_engine, states=MAY_STAY,
    ),
    "engine-after-message": Kind(
        title="engine killed before it heard PostgreSQL's answer",
        arm=at_a_message("after", kill_engine), mend=another_engine, states=MAY_STAY,
    ),
    "engine-bringing-back": Kind(
        title="engine killed before a call to AWS while it brings back",
        arm=while_it_brings_back, mend=another_engine, states=frozenset({"rolled_back", "committed"}),
    ),
    "postgresql-after-call": Kind(
        title="PostgreSQL killed after a call to AWS",
        arm=at_a_call("die_after", die=kill_postgresql), mend=another_server, states=MAY_STAY,
    ),
    "postgresql-at-message": Kind(
        title="PostgreSQL killed before it heard a message",
        arm=at_a_message("before", kill_postgresql), mend=another_server, states=MAY_STAY,
    ),
    "connections-after-call": Kind(
        title="engine's connections to PostgreSQL ended after a call to AWS",
        arm=at_a_call("die_after", die=end_connections), mend=answers, states=MAY_STAY,
    ),
    "cut-off": Kind(
        title="engine cut off from PostgreSQL in a changing call, another one takes over",
        arm=at_a_call("stall", of=a_write, seconds=LANDED / 2, die=cut_off), mend=the_other_takes_over,
    ),
    "caller-left": Kind(
        title="caller gone during a call to AWS",
        arm=at_a_call("stall", die=leave), mend=another_caller, states=MAY_STAY,
    ),
    "network-cut": Kind(
        title="connection to AWS cut before a call was heard", arm=at_a_call("drop"), mend=nothing,
    ),
    "answer-lost": Kind(
        title="time-out after success: the call was carried out, its answer lost", arm=at_a_call("lose"), mend=nothing,
    ),
    "throttled": Kind(title="call throttled", arm=at_a_call("throttle"), mend=nothing),
    "refused": Kind(
        title="changing call refused", arm=at_a_call("refuse", of=a_write), mend=nothing,
        states=frozenset({"committed", "rolled_back", "failed"}),
    ),
    "network-down": Kind(
        title="network to AWS down from a changing call on, until the commit has given up",
        arm=from_a_write_on, mend=nothing,
        states=frozenset({"committed", "rolled_back", "failed"}),
    ),
}  # fmt: skip


def trials(
    kind: Kind, worlds: Callable[[], AbstractContextManager[World]], numbers: Iterable[int]
) -> Iterator[tuple[int, Verdict]]:
    """One trial at each of these instants, until the commit has no more; with what was left after each."""
    waiting = iter(numbers)
    while some := list(itertools.islice(waiting, ROUNDS)):
        with worlds() as world:
            for number in some:
                verdict, struck = kind.tried(world, number)
                if not struck:
                    return
                yield number, verdict
