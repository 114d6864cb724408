"""One task on its way to the cloud: what its calls take, what is logged before and after, what was learned.

The next step is `iasql.engine.attempt`, which makes the calls.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable

import attrs

from iasql.cloud.verdict import CloudFailure
from iasql.db import rows
from iasql.engine.context import Context
from iasql.engine.links import Unresolved
from iasql.errors import CloudError
from iasql.log import agreement, calls
from iasql.plan.order import Task
from iasql.plan.plan import Step
from iasql.plan.state import Handle, Image, Key, key_of
from iasql.resource import Resource
from iasql.resource.roles import takes_of
from iasql.resource.translate import dump

MASK = "********"


@attrs.frozen(kw_only=True)
class Job:
    """A task with the images that its call takes, in the cloud's terms.

    `swept` tells that side effects of a create are taken away for many rows at once, by whoever makes the round.
    `unheard` counts the tries whose outcome nobody knows, so that one looks before the next; `unseen` those after
    which AWS did not find what they had made, or something else. `made` is what a create had made before a later call
    of it failed.
    """

    task: Task
    region: str | None
    before: Image | None
    after: Image | None
    token: str
    unheard: int = 0
    unseen: int = 0
    swept: bool = False
    made: Image | None = None
    bringer: tuple[Resource, Image] | None = None
    """The row that goes along with another one and tells which row that one's call has made of this one."""


@attrs.frozen(kw_only=True)
class Done:
    """A task that the cloud has taken: what it answered, in the cloud's terms."""

    job: Job
    answer: Image
    requests: tuple[tuple[str, str, float], ...] = ()


def rows_of(done: Iterable[Done], *verbs: str) -> set[Handle]:
    """The rows that these tasks are about; only those of these verbs, where any are given."""
    return {each.job.task.step.handle for each in done if not verbs or each.job.task.verb in verbs}


def token_of(transaction: str, task: Task, *, undoes: bool = False) -> str:
    """The name of a task within its transaction, the same for whoever carries it out."""
    columns = ",".join(sorted(task.columns)) if task.verb == "update" else ""
    verb = f"undo {task.verb}" if undoes else task.verb
    return str(uuid.uuid5(uuid.UUID(transaction), "|".join((verb, *task.step.handle, columns))))


def prepare(context: Context, task: Task, raw: dict[Handle, Image], token: str) -> Job:
    """The task with its images translated; references to what was just created are known by now."""
    step, resource = task.step, task.step.resource
    images = [image for image in (step.before, step.after) if image is not None]
    context.links.load(resource, images, from_cloud=False)
    before = _before(context, task, raw)
    after = None
    if task.verb != "delete" and step.after is not None:
        wanted = _clear(context, resource, step.key, context.links.to_cloud(resource, step.after))
        after = (before or {}) | {n: v for n, v in wanted.items() if n in task.columns or n == "region"}
    if task.verb == "create" and after is not None:
        after |= {f"${table}": _made_with(context, table, images) for table, images in step.made_with.items()}
    return Job(
        task=task,
        region=((after or before or {}).get("region")) if resource.scope == "region" else None,
        before=before,
        after=after,
        token=token,
        bringer=_bringer(context, step) if task.verb == "create" else None,
    )


def _bringer(context: Context, step: Step) -> tuple[Resource, Image] | None:
    """The row that brings this one, in the cloud's terms."""
    if step.brought_by is None:
        return None
    return context.resources[step.brought_by[0]], context.made.get(step.brought_by, {})


def learn(context: Context, done: Done) -> None:
    """Takes over what was just made, and its cloud id."""
    step = done.job.task.step
    if done.job.task.verb == "create":
        context.made[step.handle] = {**(done.job.after or {}), **done.answer}
        made = {**context.made[step.handle], **(step.key or {})}
        context.links.learn(step.resource, made)
        context.links.members.succeed(step.resource, step.before or {}, made)


def agreed_by(context: Context, done: Done) -> Image:
    """The values that both sides have in common through this call, in our terms."""
    step, resource = done.job.task.step, done.job.task.step.resource
    if done.job.task.verb == "delete":
        return {}
    answer = _ours(context, resource, done.answer)
    after = step.after or {}
    # what a replacement takes over from the cloud, the table does not have yet
    sent = done.job.task.columns - step.theirs
    # an answer tells what others have changed too; agreed is only what was sent, and what nobody but the cloud sets
    told = {name: value for name, value in answer.items() if name not in resource.settable}
    # a row under a new key has no agreement of its own: what the table keeps for now is nobody's change
    return {**told, **step.kept, **{name: after.get(name) for name in sent if name in after and _was_sent(done, name)}}


def error_of(job: Job, failure: CloudFailure) -> CloudError:
    """The failure as the caller sees it: row, call, AWS's code and text, request id."""
    step = job.task.step
    request = f" (request {failure.request_id})" if failure.request_id else ""
    return CloudError(
        f"{step.resource.row.__name__} cloud {job.task.verb} error: {step.resource.table} "
        f"{step.row_id or '-'} ({step.description}): {failure}{request}",
        table=step.resource.table,
        key=step.key,
        operation=failure.operation,
        code=failure.code,
        text=failure.text,
        request_id=failure.request_id,
    )


def intent_of(job: Job) -> calls.Intent:
    """What is logged before the call: the row, the verb, the token, and the last will of what is destroyed."""
    step = job.task.step
    will = shown(step.resource, job.before) if job.task.verb == "delete" and job.before is not None else None
    return calls.Intent(
        table_name=step.resource.table, key=step.key or {}, verb=job.task.verb, token=job.token, last_will=will
    )


def outcome_of(context: Context, intent: int, job: Job, result: Done | CloudFailure) -> calls.Outcome:
    """What is logged after the call: what was agreed or ended by it, or why it failed and what it made by then."""
    step = job.task.step
    agreed: Image | None = None
    ended: Image | None = None
    if isinstance(result, CloudFailure):
        agreed = _made_by(context, step.resource, result.partial)
    elif job.task.verb == "delete":
        ended = _cloud_name(context, step, job.before or {})
    else:
        agreed = agreed_by(context, result)
    return calls.Outcome(
        table_name=step.resource.table,
        key=step.key or {},
        intent=intent,
        verb=job.task.verb,
        requests=[list(each) for each in result.requests] if isinstance(result, Done) else (),
        agreed=agreed or None,
        ended=ended,
        error=told_of(result) if isinstance(result, CloudFailure) else None,
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


def shown(resource: Resource, image: Image) -> Image:
    """An image as the log may keep it: without the values of masked columns."""
    return {n: MASK if n in resource.masked and v is not None else v for n, v in image.items()}


def _before(context: Context, task: Task, raw: dict[Handle, Image]) -> Image | None:
    """What the cloud has: what was read, or what an earlier task of the same step has just made."""
    step = task.step
    if task.verb == "create":
        return None
    if task.verb == "update" and step.action != "update":
        return context.made[step.handle]
    before = raw.get(step.handle) or (context.links.to_cloud(step.resource, step.before) if step.before else {})
    return before | _parting(context, step) if task.verb == "delete" else before


def _parting(context: Context, step: Step) -> Image:
    """What a deletion takes and AWS never tells, as the row has it or last had it: the days that a key is kept."""
    resource = step.resource
    taken = takes_of(resource, resource.delete)
    names = [c.name for c in resource.columns if c.role == "write_only" and not c.masked and c.name in taken]
    if not names or step.key is None:
        return {}
    image = step.after or agreement.last_image(context.connection, resource.table, step.key) or {}
    return {name: image.get(name) for name in names}


def _ours(context: Context, resource: Resource, image: Image) -> Image:
    """A cloud's image in our terms, without what it refers to that no row of ours stands for."""
    context.links.load(resource, [image], from_cloud=True)
    translated = context.links.to_tables(resource, image)
    return {name: value for name, value in translated.items() if not isinstance(value, Unresolved)}


def _made_by(context: Context, resource: Resource, partial: Image | None) -> Image | None:
    """What AWS alone decides of a row that is made in part; the rest is still to be agreed."""
    if partial is None:
        return None
    known = {*resource.cloud_id, *resource.computed}
    return {name: value for name, value in _ours(context, resource, partial).items() if name in known}


def _cloud_name(context: Context, step: Step, gone: Image) -> Image:
    """The cloud id of what was deleted, as the log agreed on it."""
    names = step.resource.cloud_id
    told = _ours(context, step.resource, {name: gone.get(name) for name in names} | {"region": gone.get("region")})
    return {name: told[name] if told.get(name) is not None else (step.before or {}).get(name) for name in names}


def _made_with(context: Context, table: str, images: list[Image]) -> list[Image]:
    """Rows that the create of another takes along, as AWS takes them."""
    resource = context.resources[table]
    context.links.load(resource, images, from_cloud=False)
    told = [(key_of(resource, image), context.links.to_cloud(resource, image)) for image in images]
    found = [dump(resource, _clear(context, resource, key, image)) for key, image in told]
    brought = f"${resource.brings}"
    for row, image in zip(found, images, strict=True):
        if image.get(brought) is not None:
            table = next(r.table for r in resource.references if r.column == resource.brings)
            (row[brought],) = _made_with(context, table, [image[brought]])
    return found


def _clear(context: Context, resource: Resource, key: Key | None, image: Image) -> Image:
    """The image with what its masked values stand for, for this call only."""
    hidden = {n: image[n] for n in resource.masked if image.get(n) is not None}
    if not hidden or key is None:
        return image
    return {**image, **rows.revealed(context.connection, resource.table, key, hidden)}


def _was_sent(done: Done, name: str) -> bool:
    """A column left to AWS was not sent: what it became is known by reading it, and where a replacement leaves one that
    had a value, that is gone."""
    step = done.job.task.step
    left = (step.after or {}).get(name) is None
    return not left or done.job.task.verb == "update" or step.action == "replace"
