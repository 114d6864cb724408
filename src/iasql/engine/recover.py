"""What an engine does when it takes over: what was under way is finished, or brought back.

The log tells what was about to be done, and which calls were begun. Of those without an outcome the cloud is asked:
by the tag that a create carried, by its idempotency token or by its natural key; what cannot be told is never adopted
but reported. The next step is `iasql.engine.complete`.
"""

from __future__ import annotations

import json
import logging
import time
from collections import defaultdict
from collections.abc import Iterable

from iasql.engine.bring_back import bring_back
from iasql.engine.carry_out import Stopped, carry_out, recall
from iasql.engine.complete import complete, reopen
from iasql.engine.context import Context
from iasql.engine.job import error_of, token_of
from iasql.engine.past import Past
from iasql.engine.preview import wishes
from iasql.engine.settle import not_read, settle
from iasql.engine.undertaking import Undertaking, thawed
from iasql.engine.untag import leave_tagged, untag
from iasql.errors import CloudError
from iasql.log import agreement, calls, held, markers, transaction
from iasql.plan.order import referred, waves
from iasql.plan.plan import Step
from iasql.plan.state import Handle, Key, handle

logger = logging.getLogger(__name__)
INTERRUPTED = {"kind": "unknown", "code": "Interrupted", "message": "the engine stopped during the call"}


def recover(context: Context) -> str | None:
    """Finishes what an earlier engine left behind; gives the id of a commit among it, or None."""
    left = transaction.left_behind(context.connection)
    frozen = calls.unfinished(context.connection)
    if left is None and not frozen:
        return None
    land(context)
    for each in frozen:
        if left is None or each.transaction != left.transaction_id:
            finish_tick(context, each)
    if left is None:
        return None
    mine = next((each for each in frozen if each.transaction == left.transaction_id), None)
    if mine is None:
        logger.warning("the commit %s was interrupted before any call: it is open again", left.transaction_id)
        reopen(context, left.transaction_id)
    else:
        finish_commit(context, mine)
    return left.transaction_id


def land(context: Context) -> None:
    """Waits until no call of the earlier engine can take effect any more, and says of each that nobody heard it."""
    unknown = calls.open_intents(context.connection)
    if not unknown:
        return
    pause = context.aws.timeouts.landed - min(each.age for each in unknown)
    if pause > 0:
        logger.warning("waiting %.0f s until calls that were sent before the interruption have landed", pause)
        context.progress(f"waiting {pause:.0f} s until calls sent before the interruption have landed")
        time.sleep(pause)
    for each in unknown:
        told = calls.Outcome(
            table_name=each.table_name, key=each.key, intent=each.number, verb=each.verb, error=INTERRUPTED
        )
        calls.conclude(context.connection, each.transaction, [told], context.epoch)


def finish_commit(context: Context, frozen: calls.Frozen) -> None:
    """Takes a commit up where its log ends."""
    tx = frozen.transaction
    undertaking = thawed(context, frozen)
    past = Past.read(context.connection, tx)
    if frozen.why_back is not None:
        logger.warning("bringing back the commit %s, as was begun", tx)
        done, unheard = recall(context, undertaking.steps, undertaking.raw, tx, past)
        bring_back(context, tx, done, CloudError(frozen.why_back), unheard=unheard, past=past)
        return
    logger.warning("finishing the commit %s that was interrupted", tx)
    try:
        complete(context, undertaking, _keys(context, undertaking), past=past)
    except CloudError as error:
        logger.error("the commit %s that was interrupted has failed: %s", tx, error)


def finish_tick(context: Context, frozen: calls.Frozen) -> None:
    """Finishes what an interrupted tick had begun; what it had not begun is pending still."""
    tx = frozen.transaction
    undertaking = thawed(context, frozen)
    past = Past.read(context.connection, tx)
    steps = [step for step in undertaking.steps if past.begun & set(_tokens(tx, step))]
    logger.warning("finishing what the tick %s had begun: %d changes", tx, len(steps))
    with context.verb(tx):
        try:
            untag(context, tx, carry_out(context, steps, undertaking.raw, tx, past=past))
        except Stopped as stopped:
            untag(context, tx, [*stopped.done, *stopped.half])
            leave_tagged(context, stopped.unheard)
            error = error_of(stopped.job, stopped.failure)
            markers.error(context.connection, tx, str(error))
            step = stopped.job.task.step
            for table, key in [(step.resource.table, step.key or {}), *stopped.stranded]:
                held.hold(context.connection, table, key, "failed", {"error": str(error)})
        unread: dict[Handle, str] = {}
        settle(context, with_adopted(context, undertaking), tx, unread=unread)
        if unread:
            markers.error(context.connection, tx, f"pushed, but not read again: {not_read(unread)}")
    calls.thaw(context.connection, tx)
    markers.close_tick(context.connection, tx)


def _tokens(transaction: str, step: Step) -> Iterable[str]:
    return (token_of(transaction, task) for wave in waves([step]) for task in wave)


def with_adopted(context: Context, undertaking: Undertaking) -> dict[str, list[Key]]:
    """The rows of the steps, and those that they refer to and that turned out to be in the cloud already.

    Of these the log may know nothing yet: what refers to them could not be told again.
    """
    keys = undertaking.keys
    near = {name for step in undertaking.steps for name in referred(step.resource, step.after)}
    asked: dict[str, list[Key]] = defaultdict(list)
    for table, key in near:
        if table in context.resources:
            asked[table].append(json.loads(key))
    for table, wanted in asked.items():
        here = {handle(table, key) for key in keys.get(table, [])}
        for each in agreement.standing(context.connection, table, wanted):
            if each.agreed is None and each.written and handle(table, each.key) not in here:
                keys.setdefault(table, []).append(each.key)
    return keys


def _keys(context: Context, undertaking: Undertaking) -> dict[str, list[Key]]:
    """The rows of the steps and those that they refer to, and whatever else the transaction touched."""
    keys = with_adopted(context, undertaking)
    for wish in wishes(context, undertaking.transaction):
        if wish.key not in keys.setdefault(wish.table, []):
            keys[wish.table].append(wish.key)
    return keys
