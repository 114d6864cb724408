"""One connected group of a tick's changes: carried out by itself, so that its failure stops no other.

What fails is kept, with what needs it, and tried again by a later tick. The next step is `iasql.engine.sync`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import attrs

from iasql.engine.attempt import attempt
from iasql.engine.bring_back import about, heard, undoing
from iasql.engine.carry_out import Halted, Stopped, carry_out
from iasql.engine.context import Context
from iasql.engine.job import Done, Job, error_of, intent_of, outcome_of, rows_of, token_of
from iasql.engine.outcomes import conclude
from iasql.engine.past import Past
from iasql.engine.proposal import Proposal
from iasql.engine.untag import leave_tagged, untag
from iasql.log import agreement, calls, held, markers
from iasql.plan.order import names, referred
from iasql.plan.plan import Step
from iasql.plan.state import CloudId, Handle, Image, natural_key_of


def groups(steps: Iterable[Step]) -> list[list[Step]]:
    """Steps in groups that neither refer to each other nor want one name, so that one's failure stops no other."""
    chosen = list(steps)
    parent = {step.handle: step.handle for step in chosen}

    def root(name: Handle) -> Handle:
        while parent[name] != name:
            name = parent[name]
        return name

    bearers: dict[tuple[str, CloudId], Handle] = {}
    for step in chosen:
        for image in (step.before, step.after):
            near = referred(step.resource, image)
            name = natural_key_of(step.resource, image)
            if name is not None:
                near.add(bearers.setdefault((step.resource.table, name), step.handle))
            for target in near & parent.keys():
                parent[root(step.handle)] = root(target)
    found: dict[Handle, list[Step]] = {}
    for step in chosen:
        found.setdefault(root(step.handle), []).append(step)
    return list(found.values())


def hold(context: Context, steps: Iterable[Step], why: Mapping[Handle, tuple[str, Image]], otherwise: str) -> None:
    """Holds steps, each for its own reason, and those that need them or are needed because they wait."""
    for step in steps:
        kind, detail = why.get(step.handle, ("waiting", {"reason": otherwise}))
        held.hold(context.connection, step.resource.table, step.key or {}, kind, detail)


def carry_out_group(context: Context, group: list[Step], proposal: Proposal, tx: str) -> list[Done]:
    """What the cloud took; when one of the steps fails, it and the rest are kept for the next tick."""
    try:
        done = carry_out(context, group, proposal.raw, tx, halts=True)
    except Halted as halted:
        done = halted.done
    except Stopped as stopped:
        done = _without_halves(context, stopped, tx)
        done += _without_old_halves(context, group, stopped, done, proposal, tx)
        _hold_failed(context, group, stopped, done, tx)
        untag(context, tx, _adopt(context, tx, stopped.unheard))
    return done


def _hold_failed(context: Context, steps: Iterable[Step], stopped: Stopped, done: list[Done], tx: str) -> None:
    """Tells of what failed, and keeps it and what waits for it for the next tick."""
    error = str(error_of(stopped.job, stopped.failure))
    markers.error(context.connection, tx, error)
    taken = rows_of(done)
    failed = stopped.job.task.step
    left = [step for step in steps if step.handle not in taken or step.handle == failed.handle]
    why: dict[Handle, tuple[str, Image]] = {failed.handle: ("failed", {"error": error})}
    hold(context, left, why, f"{named(failed)} failed")
    for table, key in stopped.stranded:  # else nobody would look at it again
        held.hold(context.connection, table, key, "failed", {"error": error})


def _without_halves(context: Context, stopped: Stopped, tx: str) -> list[Done]:
    """What was done, after creates that failed half-way were taken away again: the next tick makes them whole."""
    halves = [
        Done(job=job, answer=made)
        for job, failure in stopped.failures
        if job.task.verb == "create" and (made := failure.partial or job.made) is not None
    ]
    steps, raw, _ = undoing(halves)
    try:
        gone = rows_of(carry_out(context, steps, raw, tx, undoes=True))
    except Stopped as again:
        gone = rows_of(again.done)
        leave_tagged(context, [each.job for each in halves if each.job.task.step.handle not in gone])
    agreement.as_before(context.connection, tx, about(step for step in steps if step.handle in gone))
    return [each for each in stopped.done if each.job.task.step.handle not in gone]


def _without_old_halves(
    context: Context, group: list[Step], stopped: Stopped, done: list[Done], proposal: Proposal, tx: str
) -> list[Done]:
    """Takes away what was replaced before something else failed: no later tick would know of it.

    What is left may be in it, or refer to it: then it stays.
    """
    failed = {job.task.step.handle for job, _ in stopped.failures}
    taken = rows_of(done)
    left = [step for step in group if step.handle in failed or step.handle not in taken]
    leaning = {name for step in left for image in (step.before, step.after) for name in referred(step.resource, image)}
    # one that an earlier verb had begun goes by another token, by which nobody would know it here
    made = rows_of((each for each in done if each.job.token == token_of(tx, each.job.task)), "create")
    there = made - rows_of(done, "delete") - failed
    steps = [s for s in group if s.action == "replace" and s.handle in there and not names(s) & leaning]
    if not steps:
        return []
    try:
        found = carry_out(context, steps, proposal.raw, tx, past=Past.read(context.connection, tx))
    except Stopped as again:
        found = again.done
        _hold_failed(context, steps, again, found, tx)
    return [each for each in found if each.job.task.verb == "delete"]


def _adopt(context: Context, tx: str, unheard: list[Job]) -> list[Done]:
    """Makes what creates have made that nobody heard of the rows' own, so that no tick makes it again."""
    found, unknown = heard(context, unheard)
    for job in unknown:
        row = job.task.step
        detail = {"reason": "nobody heard what became of a create call, and nothing tells whether it made anything"}
        held.hold(context.connection, row.resource.table, row.key or {}, "unknown_outcome", detail)
    jobs = [attrs.evolve(each.job, made=each.answer) for each in found]
    intents = calls.intend(context.connection, tx, [intent_of(job) for job in jobs], context.epoch)
    results = [attempt(context.aws, job) for job in jobs]
    outcomes = [outcome_of(context, n, job, result) for n, job, result in zip(intents, jobs, results, strict=True)]
    conclude(context, tx, jobs, outcomes)
    return [result for result in results if isinstance(result, Done)]


def named(step: Step) -> str:
    """A step as messages call it."""
    return f"{step.resource.table} {step.description}"
