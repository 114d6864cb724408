"""The one loop that changes the cloud: waves of tasks, each with its intent logged before and its outcome after.

A task that cannot be done yet waits for the next round. One that is refused ends the loop, and what was done so far
is told to the caller; once something was destroyed there is no way back, so that the loop goes on with whatever does
not need the refused task. The next step is `iasql.engine.settle`, or `iasql.engine.bring_back`.
"""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

import attrs

from iasql.cloud.verdict import CloudFailure
from iasql.engine import past as log
from iasql.engine.attempt import again, is_unheard, may_wait, must_land, sweep
from iasql.engine.batch import Batch, batches
from iasql.engine.context import Context
from iasql.engine.job import Done, Job, intent_of, learn, outcome_of, prepare, rows_of, token_of
from iasql.engine.outcomes import conclude
from iasql.log import calls
from iasql.plan.order import Task, names, referred, waves
from iasql.plan.plan import Step
from iasql.plan.state import Handle, Image, Key, handle

logger = logging.getLogger(__name__)
WRITERS = 16
AT_A_TIME = 128
TOLD_EACH, TELL_EVERY = 16, 0.1
"""The first steps are told one by one, the others so many seconds apart."""
PAUSES = (0.2, 0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0, 8.0, 8.0, 8.0)
Failed = tuple[Job, CloudFailure]


class Stopped(Exception):
    """The loop ended early: what was done, which tasks failed and why, and which may have made something unheard."""

    def __init__(self, done: list[Done], failures: list[Failed], unheard: list[Job]) -> None:
        self.job, self.failure = failures[0]
        super().__init__(str(self.failure))
        self.done = done
        self.failures = failures
        self.unheard = unheard

    @property
    def half(self) -> list[Done]:
        """What failed after something had been made of it."""
        return half_made(self.failures)

    @property
    def stranded(self) -> list[tuple[str, Key]]:
        """Deleted rows, by table and key, whose resource is still there though the row in their place has its own."""
        made = rows_of(self.done, "create")
        steps = [job.task.step for job, _ in self.failures if job.task.verb == "delete"]
        return [(s.resource.table, s.former) for s in steps if s.former is not None and s.handle in made]


class Halted(Exception):
    """The loop ended at a safe point, because it was asked to: what was done."""

    def __init__(self, done: list[Done]) -> None:
        super().__init__("asked to stop")
        self.done = done


def carry_out(
    context: Context,
    steps: Iterable[Step],
    raw: dict[Handle, Image],
    transaction: str,
    *,
    halts: bool = False,
    undoes: bool = False,
    past: log.Past = log.NOTHING,
) -> list[Done]:
    """Takes every step that is not taken yet; raises Stopped when the cloud refuses one.

    `halts` raises Halted when the verb is asked to stop, as long as nothing was destroyed. `undoes` brings another
    loop's work back, which goes on whatever is refused.
    """
    chosen = list(steps)
    planned = [part for wave in waves(chosen) for part in batched(wave, AT_A_TIME)]
    run = Run(
        context=context, raw=raw, transaction=transaction, past=past, halts=halts, undoes=undoes, parts=tuple(planned)
    )
    for part in planned:
        run.take(part)
    if run.failed:
        raise Stopped(run.done, run.failed, [job for job, failure in run.failed if is_unheard(job, failure)])
    return run.done


@attrs.define(kw_only=True)
class Run:
    """One time through the loop: what it was told, and how far it is."""

    context: Context
    raw: dict[Handle, Image]
    transaction: str
    past: log.Past
    halts: bool
    undoes: bool
    parts: tuple[list[Task], ...]
    done: list[Done] = attrs.field(factory=list)
    failed: list[Failed] = attrs.field(factory=list)
    left: list[Step] = attrs.field(factory=list)
    told: float = 0.0
    """When progress was last told."""
    unheard: dict[Handle, str] = attrs.field(factory=dict)
    """Rows that an earlier create may have made, with its token: the next try goes by the same."""

    @property
    def goes_on(self) -> bool:
        """Whether there is no way back: something was destroyed, or this is the way back."""
        return self.undoes or any(each.job.task.destroys for each in self.done)

    def take(self, tasks: list[Task]) -> None:
        """Takes the tasks of a wave, side by side and in rounds."""
        self._halt()
        self._remember(tasks)
        waiting = [job for task in tasks if (job := self._waiting(task)) is not None]
        for pause in (*PAUSES, None):
            if not waiting:
                return
            began = time.monotonic()
            failed = self._round(waiting)
            waiting = self._sorted_out(failed, last=pause is None)
            if waiting:
                if not any(job.unheard or job.made for job in waiting):
                    self._halt()
                landing = any(must_land(job, failure) for job, failure in failed)
                unsafe = self.context.aws.timeouts.landed - (time.monotonic() - began) if landing else 0
                time.sleep(max(pause or 0, unsafe))

    def _remember(self, tasks: list[Task]) -> None:
        """Looks up which creates were tried before, by whatever verb, without anybody hearing of them."""
        keys: dict[str, list[Key]] = defaultdict(list)
        for task in tasks:
            if task.verb == "create" and task.step.key is not None:
                keys[task.step.resource.table].append(task.step.key)
        for table, wanted in keys.items():
            for key, token in calls.unheard(self.context.connection, table, wanted):
                self.unheard[handle(table, key)] = token

    def _waiting(self, task: Task) -> Job | None:
        """The job of a task that is still to be done; None when it is done, or needs what has failed."""
        if self._needs_failed(task):
            self.left.append(task.step)
            return None
        token = token_of(self.transaction, task, undoes=self.undoes)
        if task.verb == "create":
            token = self.unheard.get(task.step.handle, token)
        job = prepare(self.context, task, self.raw, token)
        known = self.past.answers.get(token)
        if known is not None:
            self._take_over(Done(job=job, answer=self._translated(task, known)))
            return None
        made = self.past.made.get(token)
        return attrs.evolve(
            job,
            unheard=int(token in self.past.unheard or token in self.unheard.values()),
            made=None if made is None else {**(job.after or {}), **self._translated(task, made)},
        )

    def _needs_failed(self, task: Task) -> bool:
        """Whether a task is the other half of one that failed, refers to what was not made, or to what stays."""
        steps = (*(job.task.step for job, _ in self.failed), *self.left)
        if not steps:  # as nearly always: what follows is dear
            return False
        if any(step.handle == task.step.handle for step in steps):
            return True
        if task.verb != "delete":
            needed = referred(task.step.resource, task.step.after)
            return any(names(step) & needed for step in steps)
        called = names(task.step)
        return any(called & referred(step.resource, step.before) for step in steps)

    def _sorted_out(self, failed: list[Failed], *, last: bool) -> list[Job]:
        """The jobs of the next round; raises Stopped where one has failed for good and there is a way back."""
        later = [(job, failure) for job, failure in failed if not last and may_wait(job, failure)]
        refused = [each for each in failed if each not in later]
        if refused and not self.goes_on:
            unheard = [job for job, failure in failed if is_unheard(job, failure)]
            raise Stopped([*self.done, *half_made(failed)], refused, unheard)
        self.failed += refused
        return [again(job, failure) for job, failure in later]

    def _round(self, jobs: list[Job]) -> list[Failed]:
        """One try of every job, side by side; intents are committed before and outcomes after."""
        context, aws = self.context, self.context.aws
        intents = calls.intend(context.connection, self.transaction, [intent_of(job) for job in jobs], context.epoch)
        together = _swept_together(jobs)
        lanes = _lanes(batches(aws, [attrs.evolve(job, swept=n in together) for n, job in enumerate(jobs)]))
        with ThreadPoolExecutor(max_workers=min(WRITERS, len(lanes))) as pool:
            found = pool.map(lambda lane: [each for batch in lane for each in batch.attempt(aws)], lanes)
            results = dict(each for lane in found for each in lane)
        self._sweep(results, together)
        return self._concluded(jobs, intents, [results[n] for n in range(len(jobs))])

    def _sweep(self, results: dict[int, Done | CloudFailure], together: Iterable[int]) -> None:
        """Takes away what AWS has made along with new rows, looked up once for all of one type and region."""
        made: dict[tuple[str, str | None], list[int]] = defaultdict(list)
        for n in together:
            if isinstance(done := results[n], Done):
                made[done.job.task.step.resource.table, done.job.region].append(n)
        for places in made.values():
            dones = [done for n in places if isinstance(done := results[n], Done)]
            results.update(zip(places, sweep(self.context.aws, dones), strict=True))

    def _concluded(self, jobs: list[Job], intents: list[int], results: list[Done | CloudFailure]) -> list[Failed]:
        """Takes over what was done and logs what became of all; gives what failed."""
        context = self.context
        for result in results:
            if isinstance(result, Done):
                self._take_over(result)
        outcomes = [
            outcome_of(context, number, job, result) for number, job, result in zip(intents, jobs, results, strict=True)
        ]
        conclude(context, self.transaction, jobs, outcomes)
        return [(job, result) for job, result in zip(jobs, results, strict=True) if isinstance(result, CloudFailure)]

    def _take_over(self, done: Done) -> None:
        learn(self.context, done)
        self.done.append(done)
        total = sum(len(part) for part in self.parts)
        now = time.monotonic()
        if len(self.done) > TOLD_EACH and len(self.done) < total and now - self.told < TELL_EVERY:
            return
        self.told = now
        self.context.progress(f"{len(self.done)} of {total}: {done.job.task.step.resource.table} {_said(done)}")

    def _translated(self, task: Task, image: Image) -> Image:
        resource = task.step.resource
        self.context.links.load(resource, [image], from_cloud=False)
        return self.context.links.to_cloud(resource, image)

    def _halt(self) -> None:
        if self.halts and self.context.stopping and not self.goes_on:
            raise Halted(self.done)


def half_made(failed: Iterable[Failed]) -> list[Done]:
    """Of what failed, the creates that have made something all the same."""
    return [Done(job=job, answer=made) for job, f in failed if (made := f.partial or job.made) is not None]


def recall(
    context: Context, steps: Iterable[Step], raw: dict[Handle, Image], transaction: str, past: log.Past
) -> tuple[list[Done], list[Job]]:
    """What of these steps was done, wholly or in part, and the creates that nobody heard of; nothing is called."""
    parts = tuple(waves(list(steps)))
    run = Run(context=context, raw=raw, transaction=transaction, past=past, halts=False, undoes=False, parts=parts)
    unheard: list[Job] = []
    for task in (task for part in parts for task in part):
        if token_of(transaction, task) not in past.begun:
            continue
        job = run._waiting(task)
        if job is not None and job.made is not None:
            run.done.append(Done(job=job, answer=job.made))
        elif job is not None and task.verb == "create":
            unheard.append(job)
    return run.done, unheard


def _lanes(found: Iterable[Batch]) -> list[list[Batch]]:
    """The batches of a round, those together that must not be at work side by side."""
    lanes: dict[tuple[object, ...], list[Batch]] = defaultdict(list)
    for batch in found:
        job = batch.jobs[0]
        resource = job.task.step.resource
        shared = (job.after or job.before or {}).get(resource.one_by_one or "")
        lanes[batch.places if shared is None else (resource.table, job.region, shared)].append(batch)
    return list(lanes.values())


def _swept_together(jobs: list[Job]) -> set[int]:
    """The places of first creates of types that AWS makes something along with, where there are several."""
    found: dict[tuple[str, str | None], set[int]] = defaultdict(set)
    for n, job in enumerate(jobs):
        resource = job.task.step.resource
        if resource.sweep is not None and job.task.verb == "create" and not job.unheard and job.made is None:
            found[resource.table, job.region].add(n)
    return {n for places in found.values() if len(places) > 1 for n in places}


def batched(tasks: list[Task], size: int) -> Iterator[list[Task]]:
    """The tasks in parts, so that a long wave has safe points and tells how far it is."""
    for start in range(0, len(tasks), size):
        yield tasks[start : start + size]


def _said(done: Done) -> str:
    past = {"create": "created", "update": "updated", "delete": "deleted"}
    return f"{done.job.task.step.description} {past[done.job.task.verb]}"
