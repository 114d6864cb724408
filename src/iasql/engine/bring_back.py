"""Undoes what a failed commit had already done: newest first in the cloud, then the tables from the log.

The cloud aims at the images before the span. What cannot be brought back is a residue: it is named in the
ERROR row and in `iasql_conflict`, and the transaction counts as failed.
"""

from __future__ import annotations

import attrs

from iasql.engine.carry_out import Done, Stopped, carry_out
from iasql.engine.context import Context
from iasql.engine.propose import Proposal
from iasql.engine.settle import settle
from iasql.errors import IasqlError
from iasql.log import held, markers
from iasql.plan.plan import Step
from iasql.plan.state import Handle, Image


def bring_back(context: Context, tx: str, done: list[Done], error: IasqlError) -> None:
    """Brings cloud and tables back to before the transaction, and closes it with the error in the log."""
    residues: list[Step] = []
    for each in reversed(done):
        undo = inverse(each)
        if undo is None:
            residues.append(each.job.task.step)
            continue
        step, raw = undo
        try:
            carry_out(context, [step], raw, tx)
        except Stopped:
            residues.append(each.job.task.step)
    markers.start_revert(context.connection, tx)
    markers.rollback_span(context.connection, tx)
    markers.end_revert(context.connection, tx)
    told = str(error) + "".join(f"\nleft behind: {step.resource.table} {step.description}" for step in residues)
    for step in residues:
        held.hold(context.connection, step.resource.table, step.key or {}, "residue", {"description": step.description})
    markers.fail(context.connection, tx, told, residues=bool(residues))


def give_up(context: Context, tx: str, proposal: Proposal, error: IasqlError, residues: list[Step]) -> None:
    """Ends a commit that can neither be finished nor undone: the tables take over what the cloud has."""
    settle(context, proposal.keys, tx, cloud_wins=True)
    left = [f"\nnot done: {step.action} {step.resource.table} {step.description}" for step in residues]
    for step in residues:
        held.hold(context.connection, step.resource.table, step.key or {}, "residue", {"description": step.description})
    markers.fail(context.connection, tx, str(error) + "".join(left), residues=True)


def inverse(done: Done) -> tuple[Step, dict[Handle, Image]] | None:
    """The step that undoes a task, and the cloud's image that it starts from; None when nothing undoes it."""
    step, job = done.job.task.step, done.job
    if job.task.verb == "create":
        made = {**(job.after or {}), **done.answer}
        undo = attrs.evolve(step, action="delete", before=step.after, after=None, columns=frozenset())
        return undo, {step.handle: made}
    if job.task.verb == "update":
        undo = attrs.evolve(step, action="update", before=step.after, after=step.before)
        return undo, {step.handle: job.after or {}}
    return None
