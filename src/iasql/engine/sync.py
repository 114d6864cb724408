"""Both ways at once: what is pending goes to the cloud, then what the cloud has comes into the tables.

The clock does this at every tick; `iasql_sync()` and `iasql_refresh()` are the same on demand. A change that
fails is kept, told in the log, and tried again later without stopping the rest.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from iasql.engine.carry_out import Stopped, carry_out, error_of
from iasql.engine.commit import taken_row
from iasql.engine.context import Context
from iasql.engine.propose import Proposal, Wish, faults, propose
from iasql.engine.refresh import refresh
from iasql.engine.settle import settle
from iasql.log import agreement, held, markers, net, transaction
from iasql.plan.order import referred
from iasql.plan.plan import Step
from iasql.plan.state import Handle, Image


def sync(context: Context, tables: list[str] | None = None) -> list[Image]:
    """A tick: pushes everything pending, whatever its transaction, then refreshes; one row a change."""
    transaction.refuse_open(context.connection)
    top = net.top(context.connection)
    span = markers.start_tick(context.connection)
    tx = span or str(uuid.uuid4())
    with context.verb(tx):
        pushed, pulled = push(context, tx, tables)
        if tables is None:
            agreement.settle(context.connection, top)
        pulled += refresh(context, tables, tx)
    if span is not None:
        markers.end_commit(context.connection, span)
        markers.close(context.connection, span)
    return [taken_row(step, {}) | {"side": "cloud"} for step in pushed] + [table_row(step) for step in pulled]


def refresh_only(context: Context, tables: list[str] | None = None) -> list[Image]:
    """Cloud to tables, nothing pushed; one row a change of a table."""
    tx = str(uuid.uuid4())
    with context.verb(tx):
        return [table_row(step) for step in refresh(context, tables, tx)]


def table_row(step: Step) -> Image:
    """One change of a table as `iasql_refresh()` and `iasql_sync()` show it."""
    return taken_row(step, {}) | {"side": "tables"}


def push(context: Context, tx: str, tables: Iterable[str] | None = None) -> tuple[list[Step], list[Step]]:
    """Carries out what is pending, each connected group of changes by itself.

    Gives the steps taken in the cloud, and those that brought other changes of the same rows into the tables.
    """
    wished = [
        Wish(table=table, key=key)
        for table, key in agreement.candidates(context.connection)
        if table in context.resources and (tables is None or table in set(tables))
    ]
    if not wished:
        return [], []
    proposal = propose(context, wished, enforce=True)
    for wish in wished:
        held.release(context.connection, wish.table, wish.key)
    steps = _allowed(context, proposal)
    taken: list[Step] = []
    for group in groups(steps):
        try:
            carry_out(context, group, proposal.raw, tx)
            taken += group
        except Stopped as stopped:
            error = error_of(stopped.job, stopped.failure)
            markers.error(context.connection, tx, str(error))
            step = stopped.job.task.step
            held.hold(context.connection, step.resource.table, step.key or {}, "failed", {"error": str(error)})
    settled = settle(context, proposal.keys, tx)
    written_back = {step.handle for step in taken}
    return taken, [step for step in settled if step.handle not in written_back]


def groups(steps: Iterable[Step]) -> list[list[Step]]:
    """Steps in groups that do not refer to each other, so that one group's failure stops no other."""
    chosen = list(steps)
    parent = {step.handle: step.handle for step in chosen}

    def root(name: Handle) -> Handle:
        while parent[name] != name:
            name = parent[name]
        return name

    for step in chosen:
        for image in (step.before, step.after):
            for target in referred(step.resource, image):
                if target in parent:
                    parent[root(step.handle)] = root(target)
    found: dict[Handle, list[Step]] = {}
    for step in chosen:
        found.setdefault(root(step.handle), []).append(step)
    return list(found.values())


def _allowed(context: Context, proposal: Proposal) -> list[Step]:
    """The steps that may be taken; the others are held with the reason."""
    for clash in proposal.plan.conflicts:
        held.hold(context.connection, clash.resource.table, clash.key or {}, "conflict", clash.as_json())
    allowed: list[Step] = []
    for step in proposal.plan.cloud:
        problems = faults(step)
        if problems:
            held.hold(context.connection, step.resource.table, step.key or {}, "refused", {"reasons": problems})
        else:
            allowed.append(step)
    return allowed
