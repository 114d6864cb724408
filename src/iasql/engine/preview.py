"""What a commit would do now, as rows; nothing is written, no gate is taken.

The next step is `iasql.engine.commit`.
"""

from __future__ import annotations

from collections.abc import Iterator

from iasql.engine.context import Context
from iasql.engine.proposal import Proposal, Wish, faults
from iasql.engine.propose import propose
from iasql.log import agreement, net, settings, transaction
from iasql.log.left_over import LeftOver, left_over
from iasql.plan.plan import Clash, Step
from iasql.plan.state import Image
from iasql.resource.hidden import masked
from iasql.resource.label import label

ORDER = {"create": 0, "update": 1, "restore": 2, "replace": 3, "delete": 4}


def preview(context: Context) -> Iterator[Image]:
    """The rows of `iasql_preview()`: the plan of the open transaction, creates first, then updates and deletes."""
    current = transaction.open_transaction(context.connection)
    proposal = propose(context, wanted(context, current.transaction_id))
    yield from preview_rows(proposal)
    for each in left_over(context.connection, current.transaction_id):
        yield left_row(each) | {"plan_digest": proposal.plan.digest}


def plan_digest(context: Context) -> list[Image]:
    """The name of the open transaction's plan as it is now."""
    current = transaction.open_transaction(context.connection)
    return [{"plan_digest": propose(context, wanted(context, current.transaction_id)).plan.digest}]


def wanted(context: Context, transaction_id: str) -> list[Wish]:
    """What a commit would carry out: the changes of a transaction, and those made outside that are held for it."""
    own = wishes(context, transaction_id)
    if not settings.read(context.connection).holds:
        return own
    outside = [Wish(table=table, key=key) for table, key in agreement.pending(context.connection)]
    return list({wish.handle: wish for wish in [*own, *outside] if wish.table in context.resources}.values())


def wishes(context: Context, transaction_id: str) -> list[Wish]:
    """What the changes of a transaction ask for: whole rows where inserted or deleted, else the columns written."""
    return [
        Wish(
            table=each.table_name,
            key=each.key,
            columns=None if each.inserted or each.deleted else frozenset(each.columns or ()),
        )
        for each in net.touched(context.connection, transaction_id)
        if each.table_name in context.resources
    ]


def preview_rows(proposal: Proposal) -> Iterator[Image]:
    """One row a step and one a conflict; computed columns that will be put back are steps of the tables."""
    digest = proposal.plan.digest
    steps = [*proposal.plan.cloud, *(step for step in proposal.plan.tables if step.action == "restore")]
    for step in sorted(steps, key=lambda each: (ORDER[each.action], each.resource.table)):
        yield step_row(step) | {"plan_digest": digest}
    for clash in proposal.plan.conflicts:
        yield clash_row(clash) | {"plan_digest": digest}


def step_row(step: Step) -> Image:
    """One step as `iasql_preview()` shows it."""
    problems = faults(step) if step.side == "cloud" else []
    return {
        "action": step.action,
        "table_name": step.resource.table,
        "id": step.row_id,
        "description": step.description,
        "side": step.side,
        "changes": masked(step.changes),
        "conflict": {"refused": problems} if problems else None,
        "reversible": step.reversible,
        "changed_by": ", ".join(step.changed_by) or None,
    }


def clash_row(clash: Clash) -> Image:
    """One conflict as `iasql_preview()` shows it."""
    return {
        "action": "conflict",
        "table_name": clash.resource.table,
        "id": label((clash.key or {}).values()),
        "description": clash.description,
        "side": "cloud",
        "changes": None,
        "conflict": clash.as_json(),
        "reversible": None,
        "changed_by": ", ".join(clash.changed_by) or None,
    }


def left_row(left: LeftOver) -> Image:
    """What a way back left as it was, as `iasql_preview()` shows it."""
    return {
        "action": "conflict",
        "table_name": left.table,
        "id": left.row_id,
        "description": left.label,
        "side": "tables",
        "changes": None,
        "conflict": {"reason": left.reason},
        "reversible": None,
        "changed_by": None,
    }
