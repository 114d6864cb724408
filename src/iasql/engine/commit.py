"""Carries the open transaction out: wholly, or not at all wherever AWS lets it.

Refused before any call: the transaction stays open. Failed at AWS: what was done is brought back, tables and
cloud are as before begin, and the transaction closes.
"""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from iasql.db import home
from iasql.engine.bring_back import bring_back
from iasql.engine.carry_out import Halted
from iasql.engine.complete import complete, reopen
from iasql.engine.context import Context
from iasql.engine.guards import refuse_guarded, refuse_unknown
from iasql.engine.job import Done
from iasql.engine.preview import wanted
from iasql.engine.proposal import Proposal, refuse_faults
from iasql.engine.propose import propose
from iasql.engine.undertaking import Undertaking
from iasql.errors import (
    Cancelled,
    Conflict,
    IasqlError,
    NoEngine,
    PermissionDenied,
    Refused,
    SpanGrew,
)
from iasql.log import approvals, markers, net, settings, transaction
from iasql.log.left_over import left_over
from iasql.plan.plan import Step
from iasql.plan.state import Image

TRIES = 3


@attrs.frozen(kw_only=True)
class Terms:
    """What the caller of a commit asks for beside the changes themselves.

    `expires` tells after how many seconds the clock undoes it; `consented` what an earlier commit had agreed to.
    """

    message: str | None = None
    force: bool = False
    allow: frozenset[str] = frozenset()
    expect: str | None = None
    wait: bool = True
    expires: float | None = None
    consented: Image | None = None


def commit(context: Context, terms: Terms) -> list[Image]:
    """The rows of `iasql_commit()`: every step that was taken in the cloud."""
    current = transaction.open_transaction(context.connection)
    tx = current.transaction_id
    refuse_terms(context, current, terms)
    proposal = start(context, tx, terms)
    if terms.wait and context.gone():
        reopen(context, tx)
        raise forsaken()
    if not terms.wait and context.asked is not None:
        context.asked.answer(list(committed_rows(proposal, [], [])))
    try:
        done, written = complete(context, _undertaking(tx, proposal), proposal.keys, halts=True, beside=proposal.beside)
    except Halted as halted:
        raise halt(context, tx, halted.done) from None
    return list(committed_rows(proposal, done, written))


def _undertaking(tx: str, proposal: Proposal) -> Undertaking:
    return Undertaking(transaction=tx, steps=proposal.plan.cloud, raw=proposal.raw)


def forsaken() -> Cancelled:
    """Why a commit ended that nobody waited for any more."""
    return Cancelled("the caller left before anything was called: the transaction is open as it was")


def halt(context: Context, tx: str, done: list[Done]) -> IasqlError:
    """Ends a commit at a safe point: brought back when somebody cancelled it, left as it is when the engine stops."""
    people = context.asked.cancellers if context.asked is not None else []
    why = f"the commit was cancelled by {people[0]}" if people else "the engine stops"
    if not done:
        reopen(context, tx)
        told = f"{why}: nothing was called, the transaction is open as it was"
        return Cancelled(told) if people else NoEngine(told)
    if not people:
        return NoEngine(f"{why}: the commit will be finished when an engine starts")
    error = Cancelled(f"{why}: what it had done was brought back")
    return bring_back(context, tx, done, error)


def refuse_terms(context: Context, current: transaction.Current, terms: Terms) -> None:
    """Raises for what may not be asked for, by this caller or at all."""
    refuse_unknown(terms.allow)
    roles = context.asked.roles if context.asked is not None else frozenset()
    login = context.asked.user if context.asked is not None else None
    transaction.refuse_stranger(current, login)
    home.refuse_copy(context.connection)
    if terms.force and login is not None and "iasql_operator" not in roles:
        raise PermissionDenied(f"{login} may not force a commit: it needs the role iasql_operator")
    told = terms.message or transaction.message(context.connection, current.transaction_id)
    if not told and settings.read(context.connection).needs_message:
        raise Refused(
            "a commit needs a message here: the setting commit_message is required",
            hint="select * from iasql_commit('why')",
        )


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
        proposal = propose(context, wanted(context, tx), force=terms.force)
        refuse(proposal, terms)
        refuse_incomplete(context, tx, terms)
        refuse_guarded(context, proposal.plan.cloud, terms.allow)
        about = consent(context, tx, proposal, terms)
        if terms.wait and context.gone():
            context.ends()
            raise forsaken()
        if any(step.resource.host is None for step in proposal.plan.cloud):
            context.refuse_without_credentials()
        # what will be done is in the log as soon as the span is frozen, or the span is not
        with context.connection.transaction():
            started = markers.start_commit(context.connection, tx, seen, terms.message, context.caller, about=about)
            if started is not None:
                _undertaking(tx, proposal).freeze(context, "commit")
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


def refuse_incomplete(context: Context, tx: str, terms: Terms) -> None:
    """Raises Conflict for what a way back left as it was, unless that is settled or may stay so."""
    if terms.force or "incomplete" in terms.allow:
        return
    left = left_over(context.connection, tx)
    if left:
        raise Conflict(
            "\n".join(f"{each.table} {each.label} was left as it is: {each.reason}" for each in left),
            hint="Nothing was called. Write the rows as they shall be; or leave them so: "
            "iasql_commit(allow => array['incomplete']); or iasql_rollback().",
        )


def consent(context: Context, tx: str, proposal: Proposal, terms: Terms) -> Image:
    """What the log shall tell of a commit: its plan, who asked for it, and who approved it.

    Raises Refused where the setting asks for an approval and there is none, unless that is allowed by name.
    """
    digest = proposal.plan.digest
    people = approvals.approvers(context.connection, tx, digest)
    told: Image = {"digest": digest, "login": context.asked.user if context.asked is not None else None}
    if terms.expires is not None:
        told |= {"expires": terms.expires, "allow": sorted(terms.allow)}
    if terms.consented is not None:
        return told | terms.consented
    if people:
        return told | {"approved_by": people}
    if not settings.read(context.connection).needs_approval:
        return told
    if "unapproved" in terms.allow:
        return told | {"unapproved": True}
    raise Refused(
        f"the plan {digest} is not approved, and the setting approval is required",
        hint="Nothing was called. Somebody of iasql_approver who wrote none of it can: "
        f"iasql_approve('{tx}', '{digest}'). "
        "In an emergency: iasql_commit(allow => array['unapproved']); it is listed in iasql_unapproved until approved.",
    )


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
