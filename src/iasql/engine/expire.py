"""Undoes commits whose time has come, as the clock asks for it.

What the cloud has of their rows comes in first, so that what others changed since is found before anything is opened.
On conflict nothing is opened, and it is reported; else the way back is committed under the first commit's message and
approval. The next step is `iasql.engine.commit`.
"""

from __future__ import annotations

import logging
import uuid
from collections import defaultdict
from typing import Any

from iasql.engine.commit import Terms, commit
from iasql.engine.context import Context
from iasql.engine.settle import settle
from iasql.errors import CloudError, IasqlError, NoEngine
from iasql.log import expiry, net, transaction
from iasql.plan.state import Image, Key

logger = logging.getLogger(__name__)


def expire(context: Context) -> list[Image]:
    """The steps that were taken in the cloud to undo what is due; waits while a transaction is open."""
    taken: list[Image] = []
    for tx in expiry.due(context.connection):
        if context.stopping or transaction.current(context.connection).state != "clean":
            break
        try:
            taken += undo(context, tx)
        except NoEngine:
            raise  # the next engine finishes what was begun, or finds it due again
        except IasqlError as error:
            give_up(context, tx, error)
    return [row | {"side": "cloud"} for row in taken]


def undo(context: Context, tx: str) -> list[Image]:
    """The steps that undid one commit; none where something stands in the way, which is reported."""
    keys = touched(context, tx)
    reading = str(uuid.uuid4())
    with context.verb(reading):
        settle(context, keys, reading)
    conflicts = expiry.open_way(context.connection, tx)
    if conflicts is None:
        return []
    if conflicts:
        logger.warning("the commit %s has expired, and cannot be undone: %s", tx, conflicts[0]["reason"])
        expiry.report(context.connection, tx, conflicts)
        return []
    first = expiry.terms_of(context.connection, tx)
    consented = {"expiry_of": tx} | {name: first[name] for name in ("approved_by",) if name in first}
    found = commit(context, Terms(allow=frozenset(first.get("allow", ())), consented=consented))
    expiry.end(context.connection, tx)
    return found


def touched(context: Context, tx: str) -> dict[str, list[Key]]:
    """The rows that a transaction changed, of tables that are still there."""
    keys: dict[str, list[Key]] = defaultdict(list)
    for each in net.touched(context.connection, tx):
        if each.table_name in context.resources and context.resources[each.table_name].list is not None:
            keys[each.table_name].append(each.key)
    return dict(keys)


def give_up(context: Context, tx: str, error: IasqlError) -> None:
    """Forgets what was opened, and reports why it could not be carried out."""
    if transaction.is_open(context.connection):
        expiry.roll_back(context.connection)
    where = net.touched(context.connection, tx)[:1]
    row: dict[str, Any] = {"table": where[0].table_name, "key": where[0].key} if where else {}
    if isinstance(error, CloudError) and error.table is not None and error.key is not None:
        row = {"table": error.table, "key": error.key}
    logger.warning("the commit %s has expired, and could not be undone: %s", tx, error)
    if row:
        expiry.report(context.connection, tx, [row | {"reason": str(error)}])
