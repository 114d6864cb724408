"""What an engine does when it takes over: a commit that was under way is finished.

Every intent without an outcome is looked up in the cloud: by the tag that its create call carried, or by its
natural key. What is found is agreed; what cannot be told is never adopted but reported. Then planning afresh
from the log gives only what is left to do. The next step is `iasql.engine.commit`'s end.
"""

from __future__ import annotations

import logging
import time

from iasql.cloud import reader
from iasql.db import rows
from iasql.engine.bring_back import give_up
from iasql.engine.carry_out import Stopped, carry_out, error_of
from iasql.engine.context import Context
from iasql.engine.links import Unresolved
from iasql.engine.preview import wishes
from iasql.engine.propose import propose
from iasql.engine.settle import settle
from iasql.log import calls, held, markers, transaction
from iasql.plan.state import Image
from iasql.resource import Resource

logger = logging.getLogger(__name__)
INTERRUPTED = {"kind": "unknown", "code": "Interrupted", "message": "the engine stopped during the call"}


def recover(context: Context) -> str | None:
    """Finishes the commit that an earlier engine left behind; gives its id, or None when there was none."""
    left = transaction.left_behind(context.connection)
    if left is None:
        return None
    tx = left.transaction_id
    logger.warning("finishing the commit %s that was interrupted", tx)
    if left.state == "reverting":
        markers.end_revert(context.connection, tx)
    learn_outcomes(context, tx)
    proposal = propose(context, wishes(context, tx), force=True)
    try:
        carry_out(context, proposal.plan.cloud, proposal.raw, tx)
    except Stopped as stopped:
        taken = {each.job.task.step.handle for each in stopped.done}
        residues = [step for step in proposal.plan.cloud if step.handle not in taken]
        give_up(context, tx, proposal, error_of(stopped.job, stopped.failure), residues)
        return tx
    settle(context, proposal.keys, tx)
    markers.end_commit(context.connection, tx)
    markers.close(context.connection, tx)
    return tx


def learn_outcomes(context: Context, tx: str) -> None:
    """Gives every intent without an outcome one: what the call did before the engine died."""
    unknown = calls.open_intents(context.connection, tx)
    if not unknown:
        return
    # a call that was sent just before the crash may still land
    pause = context.aws.timeouts.landed - min(each.age for each in unknown)
    if pause > 0:
        context.progress(f"waiting {pause:.0f} s until calls sent before the interruption have landed")
        time.sleep(pause)
    for each in unknown:
        resource = context.resources.get(each.table_name)
        found = find(context, resource, each) if resource is not None and each.verb == "create" else None
        calls.conclude(context.connection, tx, [outcome(context, each, resource, found)])


def find(context: Context, resource: Resource, intent: calls.OpenIntent) -> Image | None:
    """What a create call made before the engine died, in the cloud's terms; None when it made nothing."""
    images = rows.read(context.connection, resource.table, [intent.key])
    if not images:
        return None
    context.links.load(resource, images, from_cloud=False)
    wanted = context.links.to_cloud(resource, images[0])
    region = wanted.get("region") if resource.scope == "region" else None
    tagged = reader.find_intent(context.aws, resource, region, intent.token)
    if tagged is not None:
        return tagged
    if resource.natural and all(wanted.get(name) is not None for name in resource.natural):
        return next(iter(reader.read_some(context.aws, resource, region, [wanted], on=resource.natural)), None)
    detail = {"description": "a create call was interrupted, and nothing tells whether it made anything"}
    held.hold(context.connection, resource.table, intent.key, "unknown_outcome", detail)
    return None


def outcome(
    context: Context, intent: calls.OpenIntent, resource: Resource | None, found: Image | None
) -> calls.Outcome:
    """The outcome of an interrupted call: what was found is agreed, the rest is done again by the new plan."""
    agreed = None
    if resource is not None and found is not None:
        context.links.load(resource, [found], from_cloud=True)
        image = context.links.to_tables(resource, found)
        agreed = {name: value for name, value in image.items() if not isinstance(value, Unresolved)}
    told = None if agreed else INTERRUPTED
    return calls.Outcome(
        table_name=intent.table_name, key=intent.key, intent=intent.number, verb=intent.verb, agreed=agreed, error=told
    )
