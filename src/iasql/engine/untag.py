"""Takes off the tags by which a create that nobody heard of would have been found again.

What cannot be taken off now, because AWS refuses or cannot be reached, is noted, and a later sync tries again. The next
step is `iasql.engine.settle`.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import partial

from iasql.cloud import traces
from iasql.cloud.verdict import CloudFailure
from iasql.db import home, rows
from iasql.engine.context import Context
from iasql.engine.job import Done, Job
from iasql.log import calls, loose_tags
from iasql.log.loose_tags import LooseTag
from iasql.plan.state import Key, handle

logger = logging.getLogger(__name__)
UNTAG = "remove iasql:intent tags"


def untag(context: Context, transaction: str, done: Iterable[Done]) -> None:
    """Takes the tags off that named what is logged by now; nobody sees them, so that a failure is no harm."""
    by_region: dict[str, list[tuple[LooseTag, str]]] = defaultdict(list)
    for each in done:
        tag, name = _tag_of(each.job), each.answer.get(each.job.task.step.resource.cloud_id[0])
        if tag is not None and name is not None:
            by_region[tag.region].append((tag, name))
    for region, tagged in by_region.items():
        names = [name for _, name in tagged]
        if not _took_off(context, transaction, partial(traces.clear, context.aws, region, names)):
            loose_tags.note(context.connection, [tag for tag, _ in tagged])


def leave_tagged(context: Context, jobs: Iterable[Job]) -> None:
    """Notes creates that may have left something tagged behind, for a later sync."""
    loose_tags.note(context.connection, [tag for job in jobs if (tag := _tag_of(job)) is not None])


def take_off(context: Context, transaction: str) -> None:
    """Takes off what earlier verbs have left, as far as nothing goes by it any more."""
    left = loose_tags.waiting(context.connection)
    if not left or home.copied_from(context.connection) is not None or not context.aws.usable():
        return
    by_region: dict[str, list[LooseTag]] = defaultdict(list)
    for tag in _unneeded(context, left):
        by_region[tag.region].append(tag)
    for region, tags in by_region.items():
        tokens = [tag.token for tag in tags]
        if _took_off(context, transaction, partial(traces.clear_named, context.aws, region, tokens)):
            loose_tags.forget(context.connection, tags)


def _took_off(context: Context, transaction: str, call: Callable[[], None]) -> bool:
    """Whether the call went well; it is logged before and after."""
    intent = calls.intend_function(context.connection, transaction, UNTAG, context.epoch)
    error = None
    try:
        call()
    except CloudFailure as failure:
        logger.warning("tags of what was created stay until a later sync: %s", failure)
        error = str(failure)
    calls.conclude_function(context.connection, transaction, UNTAG, intent, error)
    return error is None


def _tag_of(job: Job) -> LooseTag | None:
    """The tag that a job's call carries; None where it carries none."""
    step = job.task.step
    if job.task.verb != "create" or not traces.is_tagged(step.resource):
        return None
    region = job.region or (job.after or {}).get("region")
    if region is None or step.key is None:
        return None
    return LooseTag(token=job.token, region=region, table_name=step.resource.table, key=step.key)


def _unneeded(context: Context, tags: Iterable[LooseTag]) -> list[LooseTag]:
    """Those without the ones of rows that are still to be made: the next try looks for what the last one made."""
    by_table: dict[str, list[LooseTag]] = defaultdict(list)
    for tag in tags:
        by_table[tag.table_name].append(tag)
    found: list[LooseTag] = []
    for table, some in by_table.items():
        keys = [tag.key for tag in some]
        needed = {(handle(table, key), token) for key, token in calls.unheard(context.connection, table, keys)}
        there = {handle(table, key) for key in _existing(context, table, keys)}
        found += [tag for tag in some if not (_name(tag) in there and (_name(tag), tag.token) in needed)]
    return found


def _existing(context: Context, table: str, keys: list[Key]) -> list[Key]:
    """Of these keys, those that a row has."""
    resource = context.resources.get(table)
    if resource is None:
        return []
    return [{name: row[name] for name in resource.primary_key} for row in rows.read(context.connection, table, keys)]


def _name(tag: LooseTag) -> tuple[str, str]:
    return handle(tag.table_name, tag.key)
