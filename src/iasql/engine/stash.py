"""Puts the open transaction aside with its plan, so that the database is free for others.

The tables are as before begin; whoever puts it back gets the same changes, three-way. The next step is
`iasql_unstash()`, or `iasql_approve()` of the plan as it was shown.
"""

from __future__ import annotations

from iasql.engine.context import Context
from iasql.engine.preview import preview_rows, wishes
from iasql.engine.propose import propose
from iasql.errors import SpanGrew
from iasql.log import net, transaction
from iasql.log.stash import Stash, put_aside
from iasql.plan.state import Image

TRIES = 3


def stash(context: Context, name: str) -> list[Image]:
    """The rows of `iasql_stash()`: the preview of what was put aside."""
    current = transaction.open_transaction(context.connection)
    login = context.asked.user if context.asked is not None else None
    transaction.refuse_stranger(current, login)
    tx = current.transaction_id
    for _ in range(TRIES):
        seen = net.last_id(context.connection, tx)
        proposal = propose(context, wishes(context, tx))
        rows = list(preview_rows(proposal))
        told = Stash(name=name, rows=rows, digest=proposal.plan.digest, person=context.caller, login=login)
        if put_aside(context.connection, tx, seen, told):
            return rows
        context.forget()
    raise SpanGrew()
