"""One try of one task: the calls to AWS, made in a thread.

After a try whose outcome nobody heard, it first looks what that one has made, so that nothing is made twice. The
next step is `iasql.engine.carry_out`, which logs what came out.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import attrs

from iasql.cloud import reader, traces, writer
from iasql.cloud.caller import Journal
from iasql.cloud.session import Session
from iasql.cloud.verdict import CloudFailure
from iasql.engine.job import Done, Job
from iasql.plan.state import Image
from iasql.resource import Resource
from iasql.resource.translate import whole

AT_ONCE = 16
UNSEEN = 3
"""Tries after which AWS shows what a create has just made, if that is what it does not find."""
HEARD_NOTHING = 4
"""Tries in a row whose outcome nobody heard, after which a task counts as failed."""


def attempt(aws: Session, job: Job) -> Done | CloudFailure:
    """What the cloud answered; a failure is given, not raised."""
    requests: list[tuple[str, str, float]] = []

    def journal(operation: str, request_id: str, seconds: float) -> None:
        requests.append((operation, request_id, seconds))

    if job.task.step.along:
        return Done(job=job, answer=_taken_along(job))
    try:
        answer = _VERBS[job.task.verb](aws, job, journal)
    except CloudFailure as failure:
        return failure
    return Done(job=job, answer=answer, requests=tuple(requests))


def sweep(aws: Session, made: Sequence[Done]) -> list[Done | CloudFailure]:
    """The same, of one type and region, after what AWS has made along with them is gone."""
    resource, region = made[0].job.task.step.resource, made[0].job.region
    assert resource.sweep is not None
    column = resource.sweep.column
    try:
        found = writer.side_effects(aws, resource, region, [each.answer for each in made])
    except CloudFailure as failure:
        return [_half(each, failure) for each in made]

    def swept(done: Done) -> Done | CloudFailure:
        requests = list(done.requests)
        items = found.get(str(done.answer[column]))
        if items is None:
            return done
        try:
            writer.sweep(aws, resource, region, done.answer, items, lambda *told: requests.append(told))
        except CloudFailure as failure:
            return _half(done, failure)
        return attrs.evolve(done, requests=tuple(requests))

    with ThreadPoolExecutor(max_workers=min(AT_ONCE, len(made))) as pool:
        return list(pool.map(swept, made))


def _half(done: Done, failure: CloudFailure) -> CloudFailure:
    """The failure of a row that is made, but for this."""
    again = CloudFailure(
        failure.kind,
        code=failure.code or "",
        text=failure.text or "",
        operation=failure.operation,
        request_id=failure.request_id,
    )
    again.partial = done.answer
    return again


def look(aws: Session, job: Job) -> Image | None:
    """What an unheard create has made; raises CloudReadError when AWS cannot be read."""
    assert job.after is not None
    return traces.find(aws, job.task.step.resource, job.region, job.after, job.token)


def may_wait(job: Job, failure: CloudFailure) -> bool:
    """Whether the same task may succeed later."""
    if failure.code in {"Timeout", "WaiterError"}:
        return False  # it was waited for long enough
    if failure.kind == "gone":
        # what has just been made AWS may not show everywhere yet; or it is another thing that is not there
        return failure.partial is not None and job.unseen < UNSEEN
    if failure.kind == "exists":
        return 0 < job.unheard < HEARD_NOTHING  # perhaps it is what the last try made
    if failure.kind == "unknown":
        return job.unheard + 1 < HEARD_NOTHING and _is_told(job)
    return failure.kind in {"not_yet", "throttled"}


def again(job: Job, failure: CloudFailure) -> Job:
    """The job of the next try, which knows what this one has made, or that nobody knows."""
    unheard = job.unheard + 1 if failure.kind in {"unknown", "exists"} else job.unheard
    unseen = job.unseen + (failure.kind == "gone")
    return attrs.evolve(job, unheard=unheard, unseen=unseen, made=failure.partial or job.made)


def is_unheard(job: Job, failure: CloudFailure) -> bool:
    """Whether a create may have made something that is not known yet."""
    made = failure.partial or job.made
    return job.task.verb == "create" and made is None and (failure.kind == "unknown" or job.unheard > 0)


def must_land(job: Job, failure: CloudFailure) -> bool:
    """Whether to wait until the last try can no longer take effect, before one looks and tries again."""
    if job.task.verb != "create" or failure.kind != "unknown" or failure.partial is not None:
        return False
    return not traces.is_repeatable(job.task.step.resource)


def _taken_along(job: Job) -> Image:
    """What another row's call has made of this one: what it says."""
    return {} if job.task.verb == "delete" else whole(job.task.step.resource, job.after or {})


def _brought(aws: Session, job: Job, bringer: Resource, image: Image) -> Image:
    """What the call for another row has made of this one, as the row that brings it tells."""
    resource = job.task.step.resource
    named = [row[bringer.brings or ""] for row in reader.read_some(aws, bringer, job.region, [image])]
    wanted = [{**(job.after or {}), resource.cloud_id[0]: name} for name in named if name is not None]
    found = reader.read_some(aws, resource, job.region, wanted)
    if not found:
        text = f"what came along as {bringer.table} is not told yet"
        raise CloudFailure("not_yet", code="NotToldYet", text=text)
    return found[0]


def _create(aws: Session, job: Job, journal: Journal) -> Image:
    assert job.after is not None
    resource = job.task.step.resource
    if job.bringer is not None:
        return _brought(aws, job, *job.bringer)
    made = job.made if job.made is not None or not job.unheard else look(aws, job)
    if made is not None:
        return writer.resume(aws, resource, job.region, job.after, made, journal=journal)
    return writer.create(aws, resource, job.region, job.after, job.token, journal=journal, sweeps=not job.swept)


def _update(aws: Session, job: Job, journal: Journal) -> Image:
    assert job.before is not None
    assert job.after is not None
    resource = job.task.step.resource
    return writer.update(aws, resource, job.region, job.before, job.after, job.task.columns, journal=journal)


def _delete(aws: Session, job: Job, journal: Journal) -> Image:
    assert job.before is not None
    writer.delete(aws, job.task.step.resource, job.region, job.before, journal=journal)
    return {}


def _is_told(job: Job) -> bool:
    return job.task.verb != "create" or traces.tells(job.task.step.resource, job.after or {})


_VERBS = {"create": _create, "update": _update, "delete": _delete}
