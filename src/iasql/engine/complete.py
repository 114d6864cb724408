"""Carries a frozen commit through to its end, whichever that is: done, brought back, or given up with residues.

A commit and the recovery after a crash end here alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from iasql.engine.apply import apply
from iasql.engine.bring_back import bring_back, give_up
from iasql.engine.carry_out import Stopped, carry_out
from iasql.engine.context import Context
from iasql.engine.follow import follow
from iasql.engine.job import Done, error_of
from iasql.engine.needed import written_back
from iasql.engine.past import NOTHING, Past
from iasql.engine.settle import not_read, settle, tell_made
from iasql.engine.sides import everything
from iasql.engine.undertaking import Undertaking
from iasql.engine.untag import leave_tagged, untag
from iasql.errors import IasqlError
from iasql.log import calls, held, markers
from iasql.plan.merge import Difference
from iasql.plan.plan import Step
from iasql.plan.state import Handle, Key, handle


def complete(
    context: Context,
    undertaking: Undertaking,
    keys: Mapping[str, Iterable[Key]],
    *,
    halts: bool = False,
    past: Past = NOTHING,
    beside: Iterable[Difference] = (),
) -> tuple[list[Done], list[Step]]:
    """What was done in the cloud, and what came into the tables with it; raises CloudError after a failure.

    `keys` are the rows to read again in the end; `halts` raises Halted at a safe point when the verb is asked to stop.
    `beside` is how rows were compared for which nothing had to be done: it counts where they cannot be read again.
    """
    tx = undertaking.transaction
    try:
        done = carry_out(context, undertaking.steps, undertaking.raw, tx, halts=halts, past=past)
    except Stopped as stopped:
        raise failed(context, undertaking, stopped) from stopped.failure
    untag(context, tx, done)
    # after an interruption the log may know of less than was sent
    known = written_back(done, undertaking.raw) if past is NOTHING else everything
    unread: dict[Handle, str] = {}
    written = settle(context, keys, tx, known=known, unread=unread)
    if unread:
        # all was done, and agreed in the log; the next refresh brings the rest
        markers.error(context.connection, tx, f"done, but not read again: {not_read(unread)}")
        written += tell_made(context, done, unread, tx)
        left = [each for each in beside if each.ours and handle(each.resource.table, each.ours.key) in unread]
        written += [step for each in left for step in apply(context, each.resource, [each], tx)]
    follow(context, tx)
    context.ends()
    with context.connection.transaction():
        changed = [(step.resource.table, step.key) for step in undertaking.steps if step.key is not None]
        held.let_go(context.connection, changed, held.WHEN_PUSHED)
        calls.thaw(context.connection, tx)
        markers.end_commit(context.connection, tx)
        markers.close(context.connection, tx)
    return done, written


def failed(context: Context, undertaking: Undertaking, stopped: Stopped) -> IasqlError:
    """Ends a commit that the cloud refused; the error for its caller."""
    error = error_of(stopped.job, stopped.failure)
    if any(each.job.task.destroys for each in stopped.done):
        untag(context, undertaking.transaction, [*stopped.done, *stopped.half])
        leave_tagged(context, stopped.unheard)
        return give_up(context, undertaking, stopped, error)
    return bring_back(context, undertaking.transaction, stopped.done, error, unheard=stopped.unheard)


def reopen(context: Context, transaction: str) -> None:
    """Back to open, before anything was called."""
    context.ends()
    with context.connection.transaction():
        markers.reopen(context.connection, transaction)
        calls.thaw(context.connection, transaction)
