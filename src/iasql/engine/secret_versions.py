"""Secrets that AWS tells, as versions: images of ours hold versions, so that both sides can be compared.

A version is a digest, the same for the same value in the same place; the vault keeps what it stands for, so that a
version can be written into the row. The next step is `iasql.plan.merge`.
"""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from iasql.db import rows
from iasql.engine.context import Context
from iasql.plan.merge import compared
from iasql.plan.state import Pair
from iasql.resource import Resource


def with_versions(context: Context, resource: Resource, pairs: Iterable[Pair]) -> list[Pair]:
    """The pairs with versions for the secrets in the cloud's images; what has no row yet stays as it was told."""
    hidden = [column.name for column in compared(resource) if column.masked]
    return [_with_versions(context, resource, hidden, pair) for pair in pairs]


def _with_versions(context: Context, resource: Resource, hidden: list[str], pair: Pair) -> Pair:
    if pair.ours is None or pair.theirs is None:
        return pair
    told = {name: pair.theirs[name] for name in hidden if pair.theirs.get(name) is not None}
    if not told:
        return pair
    versions = rows.kept(context.connection, resource.table, pair.ours.key, told)
    return attrs.evolve(pair, theirs={**pair.theirs, **versions})
