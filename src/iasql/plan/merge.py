"""The three-way comparison of one resource: what we agreed on, what we have, what the cloud has.

Column by column: only we changed it, the cloud gets ours; only the cloud changed it, the table gets theirs;
both did and differ, that is a conflict. The next step is `iasql.plan.plan`, which turns differences into steps.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

import attrs

from iasql.plan.state import Image, Json, Ours, Pair
from iasql.resource import Column, Resource
from iasql.resource.hidden import masked

Mode: TypeAlias = Literal["NORMAL", "TRACK", "ENFORCE", "PROTECT"]
COMPUTED = frozenset({"computed", "volatile"})


@attrs.frozen(kw_only=True)
class Disagreement:
    """One column that both sides changed since they agreed; `column` is None when a whole row is meant."""

    column: str | None
    agreed: Json
    ours: Json
    theirs: Json

    def as_json(self) -> Image:
        """The conflict as `iasql_preview()` shows it."""
        return {name: masked(value) for name, value in attrs.asdict(self).items()}


@attrs.frozen(kw_only=True)
class Difference:
    """What one resource needs on either side so that both agree again.

    `cloud` and `tables` are create, update, replace, delete or None; `push` and `pull` name the columns meant.
    `agree` holds values that are equal on both sides without the log saying so yet; `ended` tells that neither
    side has the resource any more, without the log saying so yet.
    """

    resource: Resource
    ours: Ours | None
    theirs: Image | None
    cloud: str | None = None
    push: frozenset[str] = frozenset()
    tables: str | None = None
    pull: frozenset[str] = frozenset()
    restores: bool = False
    agree: Image = attrs.field(factory=dict)
    conflicts: tuple[Disagreement, ...] = ()
    protected: bool = False
    drifts: bool = False
    """Whether the cloud has moved away from what the mode ENFORCE holds to."""
    ended: bool = False

    @property
    def destroys(self) -> bool:
        """Whether something in the cloud would be deleted, wholly or to make room for its successor."""
        return self.cloud in {"delete", "replace"}


@attrs.frozen(kw_only=True)
class Rules:
    """How this comparison is meant: which columns may be pushed, and who wins where both changed.

    `span` None allows every pending column; `force` lets our value win a conflict; `push` False is a refresh.
    `modes` are those of the row's columns, and under None the row's own; `enforce` puts drift back where the
    mode is ENFORCE, which only the clock does.
    """

    span: frozenset[str] | None = None
    force: bool = False
    push: bool = True
    enforce: bool = False
    modes: Mapping[str | None, Mode] = attrs.field(factory=dict)

    def mode(self, column: str | None = None) -> Mode:
        """The mode of a column, or of the row as a whole."""
        return self.modes.get(column, self.modes.get(None, "NORMAL"))

    def pushes(self, column: str) -> bool:
        """Whether a pending change of this column may go to the cloud now."""
        return self.push and (self.span is None or column in self.span)


EVERYTHING = Rules()
NOTHING = Rules(push=False)


def merge(resource: Resource, pair: Pair, rules: Rules = EVERYTHING) -> Difference:
    """The difference of one pair under these rules; a pair that agrees gives one with nothing to do."""
    difference = _compare(resource, pair, rules)
    return attrs.evolve(difference, protected=True) if rules.mode() == "PROTECT" else difference


def _compare(resource: Resource, pair: Pair, rules: Rules) -> Difference:
    ours, theirs = pair.ours, pair.theirs
    if ours is None:
        return Difference(resource=resource, ours=None, theirs=theirs, tables="create" if theirs else None)
    if ours.image is None:
        return _deleted_here(resource, ours, theirs, rules)
    if theirs is None:
        return _missing_there(resource, ours, rules)
    return _both(resource, ours, ours.image, theirs, rules)


def pending(resource: Resource, ours: Ours) -> frozenset[str]:
    """Columns whose present value a user set and the cloud has not agreed to."""
    if ours.image is None:
        return frozenset()
    image = ours.image
    return frozenset(column.name for column in settable(resource) if _is_pending(column, ours, image))


def waits(resource: Resource, ours: Ours) -> bool:
    """Whether a user's change of this row, or its deletion, has not reached the cloud."""
    return bool(pending(resource, ours)) or (ours.image is None and ours.agreed is not None)


def settable(resource: Resource) -> list[Column]:
    """The columns that a user sets and the cloud knows."""
    return [column for column in resource.columns if column.role in {"key", "mutable", "replace", "write_only"}]


def compared(resource: Resource) -> list[Column]:
    """The columns that both sides show: everything but our own and what AWS never tells."""
    return [column for column in resource.in_cloud if column.role != "write_only"]


def _is_pending(column: Column, ours: Ours, image: Image) -> bool:
    value = image.get(column.name)
    if ours.agreed is not None and column.name in ours.agreed:
        return not column.kind.same(value, ours.agreed[column.name])
    return column.name in ours.written and value is not None


def _moved(column: Column, agreed: Image | None, theirs: Image) -> bool:
    if column.role == "write_only":
        return False
    return agreed is None or not column.kind.same(agreed.get(column.name), theirs.get(column.name))


def _is_theirs(resource: Resource) -> bool:
    """Whether the cloud has such rows at all; a table that is ours alone is never put back."""
    return resource.list is not None


def _deleted_here(resource: Resource, ours: Ours, theirs: Image | None, rules: Rules) -> Difference:
    difference = Difference(resource=resource, ours=ours, theirs=theirs)
    if theirs is None:
        return attrs.evolve(difference, ended=ours.agreed is not None)
    if rules.mode() == "TRACK" or (_is_theirs(resource) and resource.delete is None):
        return attrs.evolve(difference, tables="create")
    if ours.agreed is None:
        # never agreed: what the cloud has is simply not in the tables yet
        return attrs.evolve(difference, tables="create")
    changed = [
        Disagreement(column=None, agreed=ours.agreed.get(column.name), ours=None, theirs=theirs.get(column.name))
        for column in settable(resource)
        if column.name in ours.agreed and _moved(column, ours.agreed, theirs)
    ]
    if changed and not rules.force:
        return attrs.evolve(difference, conflicts=tuple(changed))
    # in a refresh a pending deletion stays
    return attrs.evolve(difference, cloud="delete" if rules.push else None)


def _missing_there(resource: Resource, ours: Ours, rules: Rules) -> Difference:
    difference = Difference(resource=resource, ours=ours, theirs=None)
    columns = pending(resource, ours)
    if rules.mode() == "TRACK" or (_is_theirs(resource) and resource.create is None):
        return attrs.evolve(difference, tables="delete")
    if ours.agreed is None or ours.former is not None:
        # what a row was inserted in place of is gone there too, so that it is a new one
        creates = rules.push and bool(ours.written)
        return attrs.evolve(difference, cloud="create" if creates else None, push=columns if creates else frozenset())
    if rules.mode() == "ENFORCE" and all(rules.pushes(name) or not rules.push for name in columns):
        creates = rules.push and (rules.enforce or bool(columns))
        return attrs.evolve(
            difference, drifts=True, cloud="create" if creates else None, push=columns if creates else frozenset()
        )
    if not columns:
        return attrs.evolve(difference, tables="delete")
    if rules.force and rules.push:
        return attrs.evolve(difference, cloud="create", push=columns)
    image = ours.image or {}
    gone = tuple(
        Disagreement(column=name, agreed=ours.agreed.get(name), ours=image.get(name), theirs=None)
        for name in sorted(columns)
    )
    return attrs.evolve(difference, conflicts=gone)


def _both(resource: Resource, ours: Ours, image: Image, theirs: Image, rules: Rules) -> Difference:
    waiting = pending(resource, ours)
    push: set[str] = set()
    pull: set[str] = set()
    # what was inherited is the row's own only once the log says so, and then all of it
    agree: Image = {} if ours.former is None else dict(ours.agreed or {})
    conflicts: list[Disagreement] = []
    restores = drifts = False
    for column in compared(resource):
        if column.name not in theirs:
            continue  # nobody asked for it
        name, mine, other = column.name, image.get(column.name), theirs.get(column.name)
        if column.kind.same(mine, other):
            if ours.agreed is None or name not in ours.agreed or not column.kind.same(ours.agreed[name], mine):
                agree[name] = mine
        elif rules.mode(name) == "TRACK":
            pull.add(name)
        elif name not in waiting and rules.mode(name) == "ENFORCE" and column.settable:
            drifts = True
            if rules.push and rules.enforce:
                push.add(name)
        elif name not in waiting:
            pull.add(name)
            restores = restores or (
                column.role in COMPUTED and ours.agreed is not None and not _moved(column, ours.agreed, theirs)
            )
        elif _moved(column, ours.agreed, theirs) and not rules.force and rules.mode(name) != "ENFORCE":
            was = (ours.agreed or {}).get(name)
            conflicts.append(Disagreement(column=name, agreed=was, ours=mine, theirs=other))
        elif rules.pushes(name):
            push.add(name)
    if conflicts and ours.agreed is None:
        agree, pull, restores = {}, set(), False  # it is adopted as a whole, or not yet
    push |= {
        c.name for c in settable(resource) if c.role == "write_only" and c.name in waiting and rules.pushes(c.name)
    }
    replaces = any(resource.column(name).role in {"replace", "key"} for name in push)
    return Difference(
        resource=resource,
        ours=ours,
        theirs=theirs,
        cloud=("replace" if replaces else "update") if push and not conflicts else None,
        push=frozenset() if conflicts else frozenset(push),
        tables="update" if pull else None,
        pull=frozenset(pull),
        restores=restores,
        drifts=drifts,
        agree={name: value for name, value in agree.items() if resource.column(name).role != "volatile"},
        conflicts=tuple(conflicts),
    )
