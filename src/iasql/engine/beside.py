"""What waits beside rows that a tick leaves alone: steps that would undo what the cloud has of them, in silence."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping

from iasql.engine.context import Context
from iasql.engine.proposal import Proposal
from iasql.engine.sides import ours
from iasql.log import held, markers
from iasql.plan.merge import Difference
from iasql.plan.order import names, referred
from iasql.plan.plan import Step
from iasql.plan.state import Handle, Image, Key, handle


def beside_unread(
    context: Context, proposal: Proposal, tx: str, unread: Mapping[Handle, str]
) -> dict[Handle, tuple[str, Image]]:
    """Holds what could not be read; gives the steps that refer to it, which wait with it.

    So does what would be removed while it refers to it: AWS may take it along, and nobody would make it again.
    """
    for (table, key), error in unread.items():
        held.hold(context.connection, table, json.loads(key), "failed", {"error": error})
    for error in sorted(set(unread.values())):
        markers.error(context.connection, tx, error)
    found: dict[Handle, tuple[str, Image]] = {}
    for step in proposal.plan.cloud:
        if (referred(step.resource, step.after) | referred(step.resource, step.before)) & unread.keys():
            found[step.handle] = ("waiting", {"reason": "a row that it refers to could not be read"})
    for step in _removing(proposal, _referred_by(context, unread)):
        found.setdefault(step.handle, ("waiting", {"reason": "a row that refers to it could not be read"}))
    return found


def beside_conflicts(context: Context, proposal: Proposal) -> dict[Handle, tuple[str, Image]]:
    """Holds conflicts; gives the steps that would settle them in silence, which wait with them.

    A row in conflict may have a step yet, which follows what it refers to and would make it anew as it is here. And
    what is removed while the cloud's side of a conflict refers to it may take that along.
    """
    found: dict[Handle, tuple[str, Image]] = {}
    for clash in proposal.plan.conflicts:
        held.hold(context.connection, clash.resource.table, clash.key or {}, "conflict", clash.as_json())
        found[handle(clash.resource.table, clash.key or {})] = ("conflict", clash.as_json())
    leaning = {target for each in proposal.differences if each.conflicts for target in _leans_on(each)}
    for step in _removing(proposal, leaning):
        found.setdefault(step.handle, ("waiting", {"reason": "a row that refers to it is in conflict"}))
    return found


def _removing(proposal: Proposal, leaning: Collection[Handle]) -> Iterator[Step]:
    """The steps that remove what others lean on, be it to make it anew."""
    chosen = set(leaning)
    return (step for step in proposal.plan.cloud if step.action in {"delete", "replace"} and names(step) & chosen)


def _leans_on(difference: Difference) -> set[Handle]:
    """What a row that the cloud has refers to there; as was agreed too, for the row referred to may be gone here."""
    if difference.theirs is None:
        return set()
    agreed = difference.ours.agreed if difference.ours else None
    return referred(difference.resource, difference.theirs) | referred(difference.resource, agreed)


def _referred_by(context: Context, unread: Iterable[Handle]) -> set[Handle]:
    """What the rows that could not be read refer to, here or as far as was agreed."""
    by_table: dict[str, list[Key]] = defaultdict(list)
    for table, key in unread:
        by_table[table].append(json.loads(key))
    return {
        target
        for table, keys in by_table.items()
        for row in ours(context, context.resources[table], keys)
        for image in (row.image, row.agreed)
        for target in referred(context.resources[table], image)
    }
