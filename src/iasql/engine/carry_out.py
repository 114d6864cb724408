"""The one loop that changes the cloud: waves of tasks, each with its intent logged before and its outcome after.

A task that cannot be done yet waits for the next round; one that is refused ends the loop, and what was done
so far is told to the caller. The next step is `iasql.engine.settle`, or `iasql.engine.bring_back`.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

import attrs

from iasql.cloud import writer
from iasql.cloud.session import Session
from iasql.cloud.verdict import CloudFailure
from iasql.db import rows
from iasql.engine.context import Context
from iasql.engine.links import Unresolved
from iasql.errors import CloudError
from iasql.log import calls
from iasql.plan.order import Task, waves
from iasql.plan.plan import Step
from iasql.plan.state import Handle, Image

WRITERS = 16
AT_A_TIME = 128
PAUSES = (0.2, 0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0, 8.0, 8.0, 8.0)


@attrs.frozen(kw_only=True)
class Job:
    """A task with the images that its call takes, in the cloud's terms."""

    task: Task
    region: str | None
    before: Image | None
    after: Image | None
    token: str


@attrs.frozen(kw_only=True)
class Done:
    """A task that the cloud has taken: what it answered, in the cloud's terms."""

    job: Job
    answer: Image
    requests: tuple[tuple[str, str, float], ...] = ()


class Stopped(Exception):
    """The loop ended early: what was done, which task failed and why."""

    def __init__(self, done: list[Done], job: Job, failure: CloudFailure) -> None:
        super().__init__(str(failure))
        self.done = done
        self.job = job
        self.failure = failure


class Halted(Exception):
    """The loop ended at a safe point, because it was asked to: what was done."""

    def __init__(self, done: list[Done]) -> None:
        super().__init__("asked to stop")
        self.done = done


def carry_out(
    context: Context, steps: Iterable[Step], raw: dict[Handle, Image], transaction: str, *, halts: bool = False
) -> list[Done]:
    """Takes every step; raises Stopped at the first that the cloud refuses.

    `halts` raises Halted when the verb is asked to stop, as long as nothing was destroyed.
    """
    planned = [part for wave in waves(steps) for part in batched(wave, AT_A_TIME)]
    total = sum(len(wave) for wave in planned)
    done: list[Done] = []
    for wave in planned:
        _halt(context, done, halts=halts)
        waiting = [prepare(context, task, raw, transaction) for task in wave]
        for pause in (*PAUSES, None):
            finished, failed = _round(context, waiting, transaction)
            for each in finished:
                context.progress(f"{len(done) + 1} of {total}: {each.job.task.step.resource.table} {_said(each)}")
                done.append(each)
            # what a failed create had made already is undone with the rest
            done += [Done(job=job, answer=failure.partial) for job, failure in failed if failure.partial is not None]
            refused = [(job, failure) for job, failure in failed if not may_wait(failure)]
            if refused or (failed and pause is None):
                raise Stopped(done, *(refused or failed)[0])
            waiting = [job for job, _ in failed]
            if not waiting:
                break
            _halt(context, done, halts=halts)
            time.sleep(pause or 0)
    return done


def _halt(context: Context, done: list[Done], *, halts: bool) -> None:
    destroying = any(each.job.task.destroys for each in done)
    if halts and context.stopping and not destroying:
        raise Halted(done)


def batched(tasks: list[Task], size: int) -> Iterator[list[Task]]:
    """The tasks in parts, so that a long wave has safe points and tells how far it is."""
    for start in range(0, len(tasks), size):
        yield tasks[start : start + size]


def may_wait(failure: CloudFailure) -> bool:
    """Whether the same call may succeed later."""
    return failure.kind in {"not_yet", "throttled"} and failure.partial is None


def prepare(context: Context, task: Task, raw: dict[Handle, Image], transaction: str) -> Job:
    """The task with its images translated; references to what was just created are known by now."""
    step, resource = task.step, task.step.resource
    images = [image for image in (step.before, step.after) if image is not None]
    context.links.load(resource, images, from_cloud=False)
    before = _before(context, task, raw)
    after = None
    if task.verb != "delete" and step.after is not None:
        wanted = _clear(context, step, context.links.to_cloud(resource, step.after))
        after = (before or {}) | {n: v for n, v in wanted.items() if n in task.columns or n == "region"}
    name = f"{task.verb}|{'|'.join(step.handle)}"
    return Job(
        task=task,
        region=((after or before or {}).get("region")) if resource.scope == "region" else None,
        before=before,
        after=after,
        token=str(uuid.uuid5(uuid.UUID(transaction), name)),
    )


def _before(context: Context, task: Task, raw: dict[Handle, Image]) -> Image | None:
    """What the cloud has: what was read, or what an earlier task of the same step has just made."""
    step = task.step
    if task.verb == "create":
        return None
    if task.verb == "update" and step.action != "update":
        return context.made[step.handle]
    return raw.get(step.handle) or (context.links.to_cloud(step.resource, step.before) if step.before else {})


def learn(context: Context, done: Done) -> None:
    """Takes over what was just made, and its cloud id."""
    step = done.job.task.step
    if done.job.task.verb == "create":
        context.made[step.handle] = {**(done.job.after or {}), **done.answer}
        context.links.learn(step.resource, {**context.made[step.handle], **(step.key or {})})


def agreed_by(context: Context, done: Done) -> Image:
    """The values that both sides have in common through this call, in our terms."""
    step, resource = done.job.task.step, done.job.task.step.resource
    if done.job.task.verb == "delete":
        return {}
    context.links.load(resource, [done.answer], from_cloud=True)
    answer = context.links.to_tables(resource, done.answer)
    after = step.after or {}
    sent = done.job.task.columns
    told = {k: v for k, v in answer.items() if k not in sent and not isinstance(v, Unresolved)}
    return {**told, **{name: after.get(name) for name in sent if name in after and _was_sent(done, name)}}


def error_of(job: Job, failure: CloudFailure) -> CloudError:
    """The failure as the caller sees it: row, call, AWS's code and text, request id."""
    step = job.task.step
    return CloudError(
        f"{step.resource.row.__name__} cloud {job.task.verb} error: {step.resource.table} "
        f"{step.row_id or '-'} ({step.description}): {failure}",
        table=step.resource.table,
        key=step.key,
        operation=failure.operation,
        code=failure.code,
        text=failure.text,
        request_id=failure.request_id,
    )


def _round(context: Context, jobs: list[Job], transaction: str) -> tuple[list[Done], list[tuple[Job, CloudFailure]]]:
    """One try of every job, side by side; intents are committed before and outcomes after."""
    aws = context.aws
    intents = calls.intend(context.connection, transaction, [intent_of(job) for job in jobs], context.epoch)
    with ThreadPoolExecutor(max_workers=min(WRITERS, len(jobs))) as pool:
        results = list(pool.map(lambda job: _call(aws, job), jobs))
    done = [result for result in results if isinstance(result, Done)]
    for each in done:
        learn(context, each)
    outcomes = [
        outcome_of(context, number, job, result) for number, job, result in zip(intents, jobs, results, strict=True)
    ]
    calls.conclude(context.connection, transaction, outcomes)
    failed = [(job, r) for job, r in zip(jobs, results, strict=True) if isinstance(r, CloudFailure)]
    return done, failed


def intent_of(job: Job) -> calls.Intent:
    """What is logged before the call: the row, the verb, the token, and the last will of what is destroyed."""
    step = job.task.step
    will = job.before if job.task.verb == "delete" else None
    return calls.Intent(
        table_name=step.resource.table, key=step.key or {}, verb=job.task.verb, token=job.token, last_will=will
    )


def outcome_of(context: Context, intent: int, job: Job, result: Done | CloudFailure) -> calls.Outcome:
    """What is logged after the call: what was agreed or ended by it, or why it failed."""
    step = job.task.step
    if isinstance(result, CloudFailure):
        return calls.Outcome(
            table_name=step.resource.table,
            key=step.key or {},
            intent=intent,
            verb=job.task.verb,
            error=told_of(result),
        )
    ended = None
    if job.task.verb == "delete" and job.before is not None:
        ended = {name: (step.before or {}).get(name) for name in step.resource.cloud_id}
    return calls.Outcome(
        table_name=step.resource.table,
        key=step.key or {},
        intent=intent,
        verb=job.task.verb,
        requests=[list(each) for each in result.requests],
        agreed=agreed_by(context, result) or None,
        ended=ended,
    )


def told_of(failure: CloudFailure) -> Image:
    """A failure as the log keeps it."""
    return {
        "kind": failure.kind,
        "operation": failure.operation,
        "code": failure.code,
        "message": failure.text,
        "request_id": failure.request_id,
    }


def _call(aws: Session, job: Job) -> Done | CloudFailure:
    requests: list[tuple[str, str, float]] = []

    def journal(operation: str, request_id: str, seconds: float) -> None:
        requests.append((operation, request_id, seconds))

    step, verb = job.task.step, job.task.verb
    try:
        if verb == "create":
            assert job.after is not None
            answer = writer.create(aws, step.resource, job.region, job.after, job.token, journal=journal)
        elif verb == "update":
            assert job.before is not None
            assert job.after is not None
            answer = writer.update(
                aws, step.resource, job.region, job.before, job.after, job.task.columns, journal=journal
            )
        else:
            assert job.before is not None
            writer.delete(aws, step.resource, job.region, job.before, journal=journal)
            answer = {}
    except CloudFailure as failure:
        return failure
    return Done(job=job, answer=answer, requests=tuple(requests))


def _clear(context: Context, step: Step, image: Image) -> Image:
    """The image with masked values read back from the vault, for this call only."""
    masked = [c.name for c in step.resource.columns if c.secret and image.get(c.name) is not None]
    if not masked or step.key is None:
        return image
    values = {n: rows.secret(context.connection, step.resource.table, step.key, n) for n in masked}
    return {**image, **values}


def _was_sent(done: Done, name: str) -> bool:
    """A column left to AWS was not sent: what it became is known by reading it."""
    after = done.job.task.step.after or {}
    return after.get(name) is not None or done.job.task.verb == "update"


def _said(done: Done) -> str:
    past = {"create": "created", "update": "updated", "delete": "deleted"}
    return f"{done.job.task.step.description} {past[done.job.task.verb]}"
