"""Carries the open transaction out: wholly, or not at all wherever AWS lets it.

Refused before any call: the transaction stays open. Failed at AWS: what was done is brought back, tables and
cloud are as before begin, and the transaction closes.
"""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from iasql.engine.bring_back import bring_back, give_up
from iasql.engine.carry_out import Done, Stopped, carry_out, error_of
from iasql.engine.context import Context
from iasql.engine.preview import wishes
from iasql.engine.propose import Proposal, propose, refuse_faults
from iasql.engine.settle import settle
from iasql.errors import Conflict, NoCredentials, Refused, SpanGrew
from iasql.log import markers, net, transaction
from iasql.plan.plan import Step
from iasql.plan.state import Image

TRIES = 3


@attrs.frozen(kw_only=True)
class Terms:
    """What the caller of a commit asks for beside the changes themselves."""

    message: str | None = None
    force: bool = False
    allow: frozenset[str] = frozenset()
    expect: str | None = None


def commit(context: Context, terms: Terms) -> list[Image]:
    """The rows of `iasql_commit()`: every step that was taken in the cloud."""
    current = transaction.open_transaction(context.connection)
    tx = current.transaction_id
    proposal = start(context, tx, terms)
    try:
        done = carry_out(context, proposal.plan.cloud, proposal.raw, tx)
    except Stopped as stopped:
        error = error_of(stopped.job, stopped.failure)
        if any(each.job.task.destroys for each in stopped.done):
            taken = {each.job.task.step.handle for each in stopped.done}
            left = [step for step in proposal.plan.cloud if step.handle not in taken]
            give_up(context, tx, proposal, error, left)
        else:
            bring_back(context, tx, stopped.done, error)
        raise error from stopped.failure
    steps = settle(context, proposal.keys, tx)
    markers.end_commit(context.connection, tx)
    markers.close(context.connection, tx)
    return list(committed_rows(proposal, done, steps))


def committed_rows(proposal: Proposal, done: list[Done], written: list[Step]) -> Iterator[Image]:
    """The steps that were taken in the cloud, and what the cloud decided about rows beside them."""
    answers = {each.job.task.step.handle: each.answer for each in done if each.answer}
    taken = {step.handle for step in proposal.plan.cloud}
    for step in proposal.plan.cloud:
        yield taken_row(step, answers)
    for step in written:
        if step.handle not in taken:
            yield taken_row(step, {})


def start(context: Context, tx: str, terms: Terms) -> Proposal:
    """Plans, refuses what may not be done, and freezes the span; plans again while it grew, at most 3 times."""
    for _ in range(TRIES):
        seen = net.last_id(context.connection, tx)
        proposal = propose(context, wishes(context, tx), force=terms.force)
        refuse(proposal, terms)
        if proposal.plan.cloud and not context.aws.usable():
            raise NoCredentials(hint="Insert a row into aws_credentials, or set up boto3's default chain.")
        if markers.start_commit(context.connection, tx, seen, terms.message, context.caller) is not None:
            return proposal
        context.forget()
    raise SpanGrew()


def refuse(proposal: Proposal, terms: Terms) -> None:
    """Raises when the plan has conflicts, asks for what AWS would refuse, or is not the one expected."""
    if terms.expect is not None and terms.expect != proposal.plan.digest:
        raise Refused(
            f"the plan is not the expected one: it is {proposal.plan.digest}",
            hint="Somebody changed rows or the cloud since that preview. Look at iasql_preview() again.",
        )
    if proposal.plan.conflicts:
        told = "\n".join(
            f"{clash.resource.table} {clash.description}: "
            + "; ".join(
                f"{d.column or 'row'}: agreed {d.agreed!r}, ours {d.ours!r}, in the cloud {d.theirs!r}"
                for d in clash.disagreements
            )
            for clash in proposal.plan.conflicts
        )
        raise Conflict(
            told,
            hint="iasql_commit(force => true) lets the tables win; or set the row to the live value and commit again.",
        )
    refuse_faults(proposal)


def taken_row(step: Step, answers: dict[tuple[str, str], Image]) -> Image:
    """One step as `iasql_commit()` shows it, by the name that the cloud gave it."""
    answer = answers.get(step.handle)
    shown = attrs.evolve(step, after={**(step.after or {}), **answer}, before=None) if answer else step
    return {
        "action": step.action,
        "table_name": step.resource.table,
        "id": step.row_id,
        "description": shown.description,
    }
