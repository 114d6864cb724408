"""Undoes what a failed commit had already done: in the cloud in the reverse order, then the tables from the log.

The cloud aims at the images before the span. What cannot be brought back is a residue: it is named in the
ERROR row and in `iasql_conflict`, and the transaction counts as failed.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable

import attrs

from iasql.cloud.verdict import CloudFailure
from iasql.engine.attempt import look
from iasql.engine.carry_out import Stopped, carry_out
from iasql.engine.context import Context
from iasql.engine.job import Done, Job
from iasql.engine.past import NOTHING, Past
from iasql.engine.settle import settle
from iasql.engine.undertaking import Undertaking
from iasql.engine.untag import leave_tagged
from iasql.errors import IasqlError
from iasql.log import agreement, calls, held, markers
from iasql.plan.plan import Step
from iasql.plan.state import Handle, Image, Key

Residues = dict[Handle, str]
"""What is left behind, in words."""


def bring_back(
    context: Context,
    tx: str,
    done: list[Done],
    error: IasqlError,
    *,
    unheard: Iterable[Job] = (),
    past: Past | None = None,
) -> IasqlError:
    """Brings cloud and tables back to before the transaction, and closes it; gives the error with what is left.

    `unheard` are creates that may have made something; `past` is given where this was begun before a crash.
    """
    if past is None:
        calls.turn_back(context.connection, tx, str(error), context.epoch)
    found, unknown = heard(context, unheard)
    steps, raw, left = undoing([*done, *found])
    residues = {step.handle: f"left behind: {_named(step)}" for step in left}
    residues |= {job.task.step.handle: f"perhaps left behind: {_named(job.task.step)}" for job in unknown}
    leave_tagged(context, unknown)
    undone = {step.handle for step in steps}
    try:
        carry_out(context, steps, raw, tx, undoes=True, past=past or NOTHING)
    except Stopped as stopped:
        undone = {each.job.task.step.handle for each in stopped.done}
        leave_tagged(context, [each.job for each in (*done, *found) if each.job.task.step.handle not in undone])
        for step in steps:
            if step.handle not in undone:
                why = next((f"{f}" for job, f in stopped.failures if job.task.step.handle == step.handle), "")
                verb = "left behind" if step.action == "delete" else "not set back"
                residues[step.handle] = f"{verb}: {_named(step)}" + (f" ({why})" if why else "")
    told = with_residues(error, residues)
    context.ends()
    with context.connection.transaction():
        agreement.as_before(context.connection, tx, about(step for step in steps if step.handle in undone))
        markers.start_revert(context.connection, tx)
        markers.rollback_span(context.connection, tx)
        markers.end_revert(context.connection, tx)
        _end(context, tx, told, residues)
    return told


def give_up(context: Context, undertaking: Undertaking, stopped: Stopped, error: IasqlError) -> IasqlError:
    """Ends a commit that can neither be finished nor undone: the tables take over what the cloud has."""
    tx = undertaking.transaction
    failures = {job.task.step.handle: failure for job, failure in stopped.failures}
    done = {(each.job.task.step.handle, each.job.task.verb) for each in stopped.done}
    residues: Residues = {}
    for step in undertaking.steps:
        last = "update" if step.action == "update" else "delete" if step.action != "create" else "create"
        if step.handle in failures or (step.handle, last) not in done:
            why = f" ({failures[step.handle]})" if step.handle in failures else ""
            residues[step.handle] = f"not done: {step.action} {_named(step)}{why}"
    unread: dict[Handle, str] = {}
    settle(context, undertaking.keys, tx, cloud_wins=True, unread=unread)
    named = {step.handle: _named(step) for step in undertaking.steps}
    residues |= {
        name: f"not read: {named.get(name, name[0])} ({why})" for name, why in unread.items() if name not in residues
    }
    told = with_residues(error, residues)
    context.ends()
    with context.connection.transaction():
        _end(context, tx, told, residues)
    return told


def heard(context: Context, unheard: Iterable[Job]) -> tuple[list[Done], list[Job]]:
    """What creates that nobody heard of have made, once they can no longer land; and those that one cannot tell."""
    jobs = list(unheard)
    if jobs:
        time.sleep(context.aws.timeouts.landed)
    found: list[Done] = []
    unknown: list[Job] = []
    for job in jobs:
        try:
            made = look(context.aws, job)
        except CloudFailure:
            unknown.append(job)
            continue
        if made is not None:
            found.append(Done(job=job, answer=made))
    return found, unknown


def undoing(done: Iterable[Done]) -> tuple[list[Step], dict[Handle, Image], list[Step]]:
    """The steps that undo these tasks, with what the cloud has now; and the steps that nothing undoes."""
    steps: dict[Handle, Step] = {}
    raw: dict[Handle, Image] = {}
    left: dict[Handle, Step] = {}
    for each in done:
        task, step = each.job.task, each.job.task.step
        now = {**(each.job.after or {}), **each.answer}
        if task.verb == "create":
            undo = attrs.evolve(step, action="delete", before=step.after, after=None, columns=frozenset())
            (steps if step.resource.delete is not None else left)[step.handle] = undo
            raw[step.handle] = now
        elif task.verb == "update" and step.action == "update":
            known = steps.get(step.handle)
            columns = task.columns | (known.columns if known else frozenset())
            steps[step.handle] = attrs.evolve(step, before=step.after, after=step.before, columns=columns)
            raw[step.handle] = {**raw.get(step.handle, {}), **now}
        elif task.verb == "delete":
            left[step.handle] = step
    return list(steps.values()), raw, list(left.values())


def about(steps: Iterable[Step]) -> list[tuple[str, Key]]:
    """The rows whose agreement these steps move, by table and key: their own, and those that they stand in for."""
    return [(step.resource.table, key) for step in steps for key in (step.key, step.former) if key is not None]


def with_residues(error: IasqlError, residues: Residues) -> IasqlError:
    """The same error, which also names what is left."""
    if residues:
        error.args = ("\n".join((str(error), *residues.values())),)
    return error


def _end(context: Context, tx: str, error: IasqlError, residues: Residues) -> None:
    for (table, key), text in residues.items():
        if table:
            held.hold(context.connection, table, _key(key), "residue", {"description": text})
    calls.thaw(context.connection, tx)
    markers.fail(context.connection, tx, str(error), residues=bool(residues))


def _named(step: Step) -> str:
    return f"{step.resource.table} {step.description}"


def _key(text: str) -> Image:
    key: Image = json.loads(text)
    return key
