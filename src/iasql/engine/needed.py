"""Which columns must be read of a row that is to be changed: those that its calls take, and those that are pending.

AWS keeps some columns behind calls of their own, which cost a request each; a change of one need not read the others.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping

from iasql.cloud.known import NOTHING, Known
from iasql.engine.job import Done
from iasql.plan.merge import pending
from iasql.plan.state import Handle, Image, Ours, handle
from iasql.resource import Aspect, Call, Either, Resource, Verb
from iasql.resource.roles import takes_of


def to_change(resource: Resource, row: Ours, columns: frozenset[str] | None) -> Known:
    """What need not be asked in order to change these columns of a row; None: the row as a whole."""
    if not columns or row.agreed is None or row.image is None:
        return NOTHING
    wanted = columns | pending(resource, row)
    if any(resource.column(name).role in {"replace", "key"} for name in wanted):
        return NOTHING
    for verb in _written_by(resource, wanted):
        if not isinstance(verb, Call | Either):
            return NOTHING  # nobody can tell what it looks at
        wanted |= takes_of(resource, verb)
    return Known(wanted=wanted)


def written_back(done: Iterable[Done], raw: Mapping[Handle, Image]) -> Callable[[Resource, Ours], Known]:
    """What need not be asked of rows that were just written: what was sent, what new rows lack, what nobody touched."""
    by_row: dict[Handle, list[Done]] = defaultdict(list)
    for each in done:
        if each.job.task.verb != "delete" and not each.job.task.step.along:
            by_row[each.job.task.step.handle].append(each)

    def known(resource: Resource, row: Ours) -> Known:
        name = handle(resource.table, row.key)
        found = by_row.get(name, [])
        if not found:
            return NOTHING
        as_made = _as_made(resource, found)
        if as_made is not None:
            return Known(row=as_made)
        made = next((each for each in found if each.job.task.verb == "create"), None)
        values = dict(raw.get(name, {})) if made is None else _started(resource, made.job.after or {})
        for each in found:
            if each.job.task.verb == "update":
                values |= {column: (each.job.after or {}).get(column) for column in each.job.task.columns}
        pushed = frozenset().union(*(each.job.task.columns for each in found if each.job.task.verb == "update"))
        asked = _beside(resource, pushed)
        values = {column: value for column, value in values.items() if column not in asked}
        return Known(values=values, wanted=asked if made is None else None)

    return known


def _as_made(resource: Resource, found: list[Done]) -> Image | None:
    """All of a new row, where its create told or was sent all that there is to know."""
    if resource.as_made is None or [each.job.task.verb for each in found] != ["create"]:
        return None
    return resource.as_made(found[0].answer)


def _beside(resource: Resource, pushed: frozenset[str]) -> frozenset[str]:
    """The columns that one call holds together with some that were pushed: AWS may have decided the rest of them."""
    mixed = (set(a.columns) for a in resource.aspects if not pushed.isdisjoint(a.columns))
    return frozenset().union(*(columns for columns in mixed if not columns <= pushed))


def _started(resource: Resource, sent: Image) -> Image:
    """What a new row has in the columns that AWS keeps behind calls of their own, as far as one knows."""
    values: Image = {}
    for aspect in resource.aspects:
        said = [sent.get(column) is not None for column in aspect.columns]
        if all(said) or (aspect.starts_null and not any(said)):
            values |= {column: sent.get(column) for column in aspect.columns}
    return values


def _written_by(resource: Resource, columns: frozenset[str]) -> Iterator[Verb]:
    yield from (verb for verb in resource.update if takes_of(resource, verb) & columns)
    for aspect in resource.aspects:
        if columns.isdisjoint(aspect.columns) or not isinstance(aspect, Aspect):
            continue
        yield from (verb for verb in (aspect.put, aspect.clear) if verb is not None)
        if aspect.while_ is not None:
            state = resource.preconditions[aspect.while_]
            yield from (state.enter, state.leave)
