"""Brings into the tables what the cloud has of certain rows, with nothing pushed: the write-back of a commit.

The next step is the marker that ends the verb.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping

from iasql.cloud.known import Known
from iasql.engine.apply import apply, remove
from iasql.engine.context import Context
from iasql.engine.job import Done
from iasql.engine.modes import Modes
from iasql.engine.sides import both, everything, ours
from iasql.log import net
from iasql.plan.merge import Difference, Rules, merge
from iasql.plan.plan import Step
from iasql.plan.state import Handle, Key, Ours, Pair, handle
from iasql.resource import Resource

GIVING_UP = Rules(push=False, modes={None: "TRACK"})


def settle(
    context: Context,
    keys: Mapping[str, Iterable[Key]],
    transaction: str,
    *,
    known: Callable[[Resource, Ours], Known] = everything,
    cloud_wins: bool = False,
    unread: dict[Handle, str] | None = None,
) -> list[Step]:
    """Reads these rows from AWS and writes to the tables whatever nobody is changing; gives the steps taken.

    `known` tells what need not be asked about a row.
    `cloud_wins` gives up what is pending too, so that the tables hold what the cloud has. Where `unread` is given, rows
    that AWS does not tell of now are left as they are and noted there with the reason; else that raises.
    """
    steps: list[Step] = []
    gone: list[tuple[str, list[Difference]]] = []
    sides = both(context, keys, unread, known=known)
    modes = Modes.read(context.connection)
    for table, pairs in sides.pairs.items():
        resource = context.resources[table]
        differences = [
            merge(resource, pair, GIVING_UP if cloud_wins else modes.refreshing(table, pair)) for pair in pairs
        ]
        steps += apply(context, resource, differences, transaction)
        gone.append((table, _surely_gone(context, table, differences)))
    for table, differences in reversed(gone):
        steps += remove(context, context.resources[table], differences)
    return steps


def tell_made(context: Context, done: Iterable[Done], unread: Collection[Handle], transaction: str) -> list[Step]:
    """Writes what AWS called new rows that could not be read again: what refers to them needs that before a refresh."""
    steps: list[Step] = []
    for each in done:
        step, resource = each.job.task.step, each.job.task.step.resource
        if each.job.task.verb != "create" or step.handle not in unread or step.key is None:
            continue
        told = {
            n: each.answer[n] for n in resource.cloud_id if n in resource.computed and each.answer.get(n) is not None
        }
        for row in ours(context, resource, [step.key]) if told else ():
            if row.image is not None:
                difference = merge(resource, Pair(ours=row, theirs=told), Rules(push=False))
                steps += apply(context, resource, [difference], transaction)
    return steps


def not_read(unread: Mapping[Handle, str]) -> str:
    """Which tables could not be read again, and why."""
    reasons = sorted({(table, reason) for (table, _), reason in unread.items()})
    return "; ".join(f"{table}: {reason}" for table, reason in reasons)


def _surely_gone(context: Context, table: str, differences: list[Difference]) -> list[Difference]:
    """These without young rows that both sides agreed on: AWS may not tell of them yet, and a refresh looks twice."""
    agreed = [each.ours.key for each in differences if each.ours is not None and each.ours.agreed is not None]
    young = {handle(table, key) for key in net.touched_lately(context.connection, table, agreed)}
    return [each for each in differences if each.ours is None or handle(table, each.ours.key) not in young]
