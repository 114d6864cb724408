"""The past against a model: state_at is what was there, a restore is exact, a revert of a revert is nothing.

Rows, changes and the model are those of `test_log`; moments lie between PostgreSQL transactions.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from iasql.log import markers, net
from property_tests.pace import a_whole_log, on_a_database
from property_tests.test_log import CHANGES, KEYS, Model, World, do, histories, settable, tables, world

__all__ = ["world"]
PARTS = st.builds(
    lambda first, rest: [first, *rest],
    histories(4),
    st.lists(st.lists(CHANGES, min_size=1, max_size=4), min_size=1, max_size=5),
)


OPEN = "select 1 from iasql_transaction where state = 'open'"


def clock(world: World) -> datetime:
    """The server's."""
    found: datetime = world.user.execute("select clock_timestamp()").fetchone()[0]  # type: ignore[index]
    return found


def past(world: World, base: int, at: datetime) -> Model:
    """This example's rows at a moment, as the tables' own functions show them."""
    found: Model = {}
    for table, keys in KEYS.items():
        query = f"select to_jsonb(t.*) - 'up' from {table}_at(%s) t where {keys[0]} between %s and %s"
        rows = world.user.execute(query.encode(), [at, base - 50, base + 49]).fetchall()
        found[table] = {tuple(image[key] for key in keys): image for (image,) in rows}
    return found


def clear(world: World, base: int) -> None:
    """Takes this example's rows away, so that later restores do not meet them."""
    for table in reversed(KEYS):
        world.user.execute(
            f"delete from {table} where {KEYS[table][0]} between %s and %s".encode(), [base - 50, base + 49]
        )


def rollback(world: World) -> None:
    """Ends what is open, if anything is."""
    if world.user.execute(OPEN).fetchone():
        world.user.execute("select * from iasql_rollback()")


def commit(world: World) -> str:
    """What an engine logs of a commit that asks nothing of the cloud."""
    tx = str(world.user.execute("select transaction_id from iasql_transaction where state = 'open'").fetchone()[0])  # type: ignore[index]
    assert markers.start_commit(world.engine, tx, net.last_id(world.engine, tx)) is not None
    markers.end_commit(world.engine, tx)
    markers.close(world.engine, tx)
    return tx


def history(world: World, base: int, parts: list[list[tuple[Any, ...]]]) -> list[tuple[datetime, Model]]:
    """Makes the changes, each part one PostgreSQL transaction where constraints let it; moments and what was then."""
    moments = [(clock(world), tables(world, base))]
    for part in parts:
        for change in part:
            do(world, change, base)
        moments.append((clock(world), tables(world, base)))
    return moments


@on_a_database
@given(parts=PARTS)
def test_state_at_is_what_was_there(world: World, parts: list[list[tuple[Any, ...]]]) -> None:
    base = world.base()
    try:
        moments = history(world, base, parts)
        for at, model in moments:
            assert settable(past(world, base, at)) == settable(model)
        (since, before), (until, after) = moments[0], moments[-1]
        query = "select distinct table_name, key from iasql_diff(%s, %s)"
        differing = {
            (table, tuple(key[column] for column in KEYS[table]))
            for table, key in world.user.execute(query, [since, until]).fetchall()
        }
        assert differing == {
            (table, name)
            for table in KEYS
            for name in before[table].keys() | after[table].keys()
            if settable({table: _only(before, table, name)}) != settable({table: _only(after, table, name)})
        }
    finally:
        clear(world, base)


def _only(model: Model, table: str, name: tuple[Any, ...]) -> dict[tuple[Any, ...], dict[str, Any]]:
    return {name: model[table][name]} if name in model[table] else {}


@on_a_database
@given(parts=PARTS, data=st.data())
def test_a_restore_to_any_moment_is_exact(
    world: World, parts: list[list[tuple[Any, ...]]], data: st.DataObject
) -> None:
    base = world.base()
    try:
        moments = history(world, base, parts)
        at, model = data.draw(st.sampled_from(moments))
        world.user.execute("select * from iasql_restore(%s)", [at])
        assert settable(tables(world, base)) == settable(model)
        if data.draw(st.booleans()):
            commit(world)
            assert settable(tables(world, base)) == settable(model)
        else:
            rollback(world)
            assert settable(tables(world, base)) == settable(moments[-1][1])
    finally:
        rollback(world)
        clear(world, base)


@given(before=histories(6), inside=st.lists(CHANGES, min_size=1, max_size=10))
def test_a_revert_of_a_revert_is_nothing(
    world: World, before: list[tuple[Any, ...]], inside: list[tuple[Any, ...]]
) -> None:
    base = world.base()
    try:
        for change in before:
            do(world, change, base)
        was = settable(tables(world, base))
        world.user.execute("select * from iasql_begin()")
        for change in inside:
            do(world, change, base)
        became = settable(tables(world, base))
        first = commit(world)
        world.user.execute("select * from iasql_revert(%s)", [first])
        assert settable(tables(world, base)) == was
        second = commit(world)
        world.user.execute("select * from iasql_revert(%s)", [second])
        assert settable(tables(world, base)) == became
    finally:
        rollback(world)
        clear(world, base)


@on_a_database
@given(before=histories(4), inside=st.lists(CHANGES, min_size=1, max_size=10))
def test_rolled_back_and_opened_again_is_the_same(
    world: World, before: list[tuple[Any, ...]], inside: list[tuple[Any, ...]]
) -> None:
    base = world.base()
    try:
        for change in before:
            do(world, change, base)
        tx = world.user.execute("select transaction_id from iasql_begin()").fetchone()[0]  # type: ignore[index]
        for change in inside:
            do(world, change, base)
        became = settable(tables(world, base))
        world.user.execute("select * from iasql_rollback()")
        world.user.execute("select * from iasql_reopen(%s)", [tx])
        assert settable(tables(world, base)) == became
    finally:
        rollback(world)
        clear(world, base)


@given(before=histories(4), inside=st.lists(CHANGES, min_size=1, max_size=10))
def test_stash_and_unstash_is_nothing(
    world: World, before: list[tuple[Any, ...]], inside: list[tuple[Any, ...]]
) -> None:
    base = world.base()
    try:
        for change in before:
            do(world, change, base)
        was = settable(tables(world, base))
        tx = world.user.execute("select transaction_id from iasql_begin()").fetchone()[0]  # type: ignore[index]
        for change in inside:
            do(world, change, base)
        became = settable(tables(world, base))
        if not world.engine.execute("select from iasql.net(%s)", [tx]).fetchall():
            return  # nothing to put aside
        world.user.execute("select * from iasql_stash(%s)", [str(tx)])
        assert settable(tables(world, base)) == was
        told = world.user.execute("select conflict from iasql_unstash(%s)", [str(tx)]).fetchall()
        assert settable(tables(world, base)) == became
        assert {conflict for (conflict,) in told} == {None}
        world.user.execute("select * from iasql_rollback()")  # it waits again
        world.user.execute("select * from iasql_unstash(%s)", [str(tx)])
        assert settable(tables(world, base)) == became
        world.user.execute("select * from iasql_stash(%s)", [f"{tx} again"])
        assert settable(tables(world, base)) == was
        world.user.execute("select * from iasql_discard(%s)", [f"{tx} again"])
    finally:
        rollback(world)
        clear(world, base)


@a_whole_log
@given(parts=PARTS)
def test_an_honest_log_verifies(world: World, parts: list[list[tuple[Any, ...]]]) -> None:
    """However seals and rollbacks fall between the changes."""
    base = world.base()
    query = "select ok, reason from iasql_audit_verify(%s)"
    since = clock(world)
    try:
        for number, part in enumerate(parts):
            if number % 2:
                world.user.execute("select * from iasql_begin()")
            for change in part:
                do(world, change, base)
            world.engine.execute("select iasql.seal(7)")
            rollback(world)
            assert world.user.execute(query, [since]).fetchone() == (True, None)
        assert world.user.execute(query, [None]).fetchone() == (True, None)
    finally:
        rollback(world)
        clear(world, base)
