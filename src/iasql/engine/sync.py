"""Both ways at once: what is pending goes to the cloud, then what the cloud has comes into the tables.

The clock does this at every tick; `iasql_sync()` and `iasql_refresh()` are the same on demand. A change that
fails is kept, told in the log, and tried again later without stopping the rest.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable

import attrs

from iasql.db import home
from iasql.engine.beside import beside_conflicts, beside_unread
from iasql.engine.commit import taken_row
from iasql.engine.context import Context
from iasql.engine.group import carry_out_group, groups, hold, named
from iasql.engine.guards import guards
from iasql.engine.job import Done, rows_of
from iasql.engine.needed import written_back
from iasql.engine.proposal import Proposal, Wish, faults
from iasql.engine.propose import propose
from iasql.engine.refresh import Refreshed, refresh
from iasql.engine.settle import not_read, settle, tell_made
from iasql.engine.sides import ours
from iasql.engine.undertaking import Undertaking
from iasql.engine.untag import take_off, untag
from iasql.log import agreement, calls, held, markers, net, settings, transaction
from iasql.plan.merge import waits
from iasql.plan.plan import Step
from iasql.plan.state import Handle, Image, Ours, handle


@attrs.frozen(kw_only=True)
class Pushed:
    """What a push did: steps taken in the cloud, what else came into the tables, whether it dealt with everything."""

    taken: tuple[Step, ...] = ()
    settled: tuple[Step, ...] = ()
    complete: bool = True


def sync(context: Context, tables: list[str] | None = None, *, patient: bool = False) -> list[Image]:
    """A tick: pushes everything pending, whatever its transaction, then refreshes; one row a change.

    `patient` leaves what failed alone until its next try is due, as the clock does.
    """
    transaction.refuse_open(context.connection)
    top = net.top(context.connection)
    span = markers.start_tick(context.connection)
    if span is None:
        transaction.refuse_open(context.connection)  # somebody may have begun in between
    tx = span or str(uuid.uuid4())
    with context.verb(tx):
        holds = settings.read(context.connection).holds
        candidates = pending_wishes(context, tables, patient=patient)
        pushed = push(context, tx, _differing(context, candidates), top, holds=holds, looked_at=candidates)
        if tables is None and pushed.complete:
            agreement.settle(context.connection, top)
        steps, pulled = list(pushed.taken), list(pushed.settled)
        if not context.stopping:
            refreshed = refresh(context, tables, tx)
            steps += enforce(context, tx, refreshed)
            pulled += refreshed.steps
            take_off(context, tx)
    if span is not None:
        markers.end_commit(context.connection, span)
        markers.close(context.connection, span)
    return [taken_row(step, {}) | {"side": "cloud"} for step in steps] + [table_row(step) for step in pulled]


def refresh_only(context: Context, tables: list[str] | None = None) -> list[Image]:
    """Cloud to tables, nothing pushed; one row a change of a table."""
    tx = str(uuid.uuid4())
    with context.verb(tx):
        return [table_row(step) for step in refresh(context, tables, tx).steps]


def table_row(step: Step) -> Image:
    """One change of a table as `iasql_refresh()` and `iasql_sync()` show it."""
    return taken_row(step, {}) | {"side": "tables"}


def pending_wishes(context: Context, tables: Iterable[str] | None = None, *, patient: bool = False) -> list[Wish]:
    """The rows that may be pending, of these tables or of all, without those whose next try is not due."""
    chosen = None if tables is None else set(tables)
    later = {handle(table, key) for table, key in held.deferred(context.connection)} if patient else set()
    return [
        Wish(table=table, key=key)
        for table, key in agreement.candidates(context.connection)
        if table in context.resources and (chosen is None or table in chosen) and handle(table, key) not in later
    ]


def enforce(context: Context, tx: str, refreshed: Refreshed) -> Iterable[Step]:
    """Puts back what the cloud moved away from rows and columns in mode ENFORCE; not while one begins."""
    if not refreshed.drift or transaction.is_open(context.connection):
        return ()
    wished = [Wish(table=table, key=key, columns=frozenset()) for table, key in refreshed.drift]
    return push(context, tx, wished, net.top(context.connection)).taken


def _differing(context: Context, candidates: Iterable[Wish]) -> list[Wish]:
    """Those of the candidates that differ from what was agreed; nothing of the others need be read from AWS."""
    by_table: dict[str, list[Wish]] = defaultdict(list)
    for wish in candidates:
        by_table[wish.table].append(wish)
    found: list[Wish] = []
    for table, wishes in by_table.items():
        resource = context.resources[table]
        rows = ours(context, resource, [wish.key for wish in wishes])
        waiting = {handle(table, row.key) for row in rows if waits(resource, row) or _is_new(row)}
        found += [wish for wish in wishes if wish.handle in waiting]
    return found


def _is_new(row: Ours) -> bool:
    """Whether a row was written that the cloud has never had."""
    return row.image is not None and row.agreed is None and bool(row.written)


def push(
    context: Context,
    tx: str,
    wished: list[Wish],
    top: int,
    *,
    holds: bool = False,
    looked_at: Iterable[Wish] | None = None,
) -> Pushed:
    """Carries out what is pending, each connected group of changes by itself; `holds` keeps all of it for a commit.

    What was written above the log's id `top` waits: it may belong to a transaction that has begun meanwhile.
    `looked_at` are rows that were looked at besides, and that nothing holds any more.
    """
    chosen = wished if looked_at is None else list(looked_at)
    if not chosen:
        return Pushed()
    origin = home.copied_from(context.connection)
    if origin is not None:
        context.progress(f"nothing is pushed: this database is a copy of {origin}. {home.HINT}")
        return Pushed(complete=False)
    since = held.now(context.connection)
    unread: dict[Handle, str] = {}
    proposal = propose(context, wished, enforce=True, unread=unread)
    later = written_later(context, proposal, top)
    waiting = {
        **beside_unread(context, proposal, tx, unread),
        **beside_conflicts(context, proposal),
        **_withheld(context, proposal, holds=holds),
    }
    taken: list[Step] = []
    done: list[Done] = []
    complete = not any(step.handle in later for step in proposal.plan.cloud)
    Undertaking(transaction=tx, steps=proposal.plan.cloud, raw=proposal.raw).freeze(context, "tick")
    for group in groups(proposal.plan.cloud):
        if context.stopping:
            complete = False
            break
        reasons = [(step, waiting[step.handle]) for step in group if step.handle in waiting]
        if reasons:
            hold(context, group, waiting, f"{named(reasons[0][0])} is held")
        elif not any(step.handle in later for step in group):
            some = carry_out_group(context, group, proposal, tx)
            rows = rows_of(some)
            taken += [step for step in group if step.handle in rows]
            done += some
    untag(context, tx, done)
    calls.thaw(context.connection, tx)
    settled, whole = _read_again(context, tx, proposal, done)
    held.let_go(context.connection, [(wish.table, wish.key) for wish in chosen], held.WHEN_PUSHED, since)
    mine = {step.handle for step in taken}
    others = tuple(step for step in settled if step.handle not in mine)
    return Pushed(taken=tuple(taken), settled=others, complete=complete and whole and not context.stopping)


def _read_again(context: Context, tx: str, proposal: Proposal, done: list[Done]) -> tuple[list[Step], bool]:
    """What the cloud decided of the rows that were pushed, and whether it told of all of them.

    Of the others the log knows what was sent; the next tick looks at them again.
    """
    unread: dict[Handle, str] = {}
    settled = settle(context, proposal.keys, tx, known=written_back(done, proposal.raw), unread=unread)
    if unread:
        settled += tell_made(context, done, unread, tx)
        told = f"pushed, but not read again, which the next tick does: {not_read(unread)}"
        markers.error(context.connection, tx, told)
        context.progress(told)
    return settled, not unread


def written_later(context: Context, proposal: Proposal, top: int) -> set[Handle]:
    """The rows of a proposal that somebody wrote above this id of the log."""
    return {handle(table, key) for table in proposal.keys for key in net.written_since(context.connection, table, top)}


def _withheld(context: Context, proposal: Proposal, *, holds: bool) -> dict[Handle, tuple[str, Image]]:
    """The steps that may not be taken, with the kind and the detail of what holds them."""
    found: dict[Handle, tuple[str, Image]] = {}
    steps = proposal.plan.cloud
    if holds:
        reason = f"{settings.read(context.connection).why_held}: it waits for the next commit"
        found |= {
            step.handle: ("held", {"reason": reason}) for step in steps if step.columns or step.action != "update"
        }
    for guard in guards(context, steps):
        reason = f"{guard.name}: {guard.reason}"
        found |= {step.handle: ("guarded", {"reason": reason, "guard": guard.name}) for step in guard.steps}
    for step in steps:
        problems = faults(step)
        if problems:
            found[step.handle] = ("refused", {"reason": "; ".join(problems)})
    return found
