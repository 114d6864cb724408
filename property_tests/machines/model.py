"""The oracle: one account and its databases as plain dictionaries, and what each verb makes of them.

Nothing here knows of PostgreSQL, AWS or the engine. A row and a resource are dictionaries of columns; a row is known by
an id of the model's, a resource by an id of the cloud's; agreement stands between them, column by column. Every verb
gives a new model, so that a verb which failed leaves the one before it.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Any, TypeAlias

import attrs

from property_tests.machines.kinds import KINDS, Kind, Value, Values

Id: TypeAlias = tuple[Any, ...]
"""(table, name) of what is known by its name, (table, number) of everything else."""

REFERENCE = "security_group_id"
WRITTEN = "written"


@attrs.define(kw_only=True)
class Agreed:
    """What a row stands for in the cloud, and the values that both last had in common, in the tables' terms."""

    cloud_id: Id
    values: Values


@attrs.define(kw_only=True)
class Before:
    """A row before the open transaction first touched it: whether it was there, and the values written over.

    `remains` tells whether its users left it there; the engine may have brought another one in since.
    """

    existed: bool
    remains: bool = True
    fresh: bool = False
    """Whether it stood for nothing when it was inserted."""
    told: Id | None = None
    lost: bool = False
    """Whether it has lost what the cloud had `told` of it, since it was inserted again or another took its key."""
    values: Values = attrs.field(factory=dict)


@attrs.define(kw_only=True)
class Database:
    """The rows of one database, what the log knows of them, and what the open transaction touched."""

    rows: dict[Id, Values] = attrs.field(factory=dict)
    agreed: dict[Id, Agreed] = attrs.field(factory=dict)
    span: dict[Id, Before] | None = None
    carried: dict[Id, Id] = attrs.field(factory=dict)
    """Rows whose key was moved, and the resource that they tell by its ARN."""
    told: dict[Id, Id] = attrs.field(factory=dict)
    """The resource of which a row holds what only the cloud decides, such as when it was made; of a row that holds the
    moment at which it was written instead, (WRITTEN, number of that moment)."""

    def touch(self, row: Id, column: str) -> None:
        """Notes a column before it is written for the first time in the open transaction."""
        if self.span is not None:
            before = self.span.setdefault(row, Before(existed=row in self.rows, told=self.told.get(row)))
            if before.existed:
                before.values.setdefault(column, self.rows[row][column])

    def net(self) -> dict[Id, frozenset[str] | None]:
        """What the open transaction did in the end: columns of a row, or None where it is a whole row."""
        found: dict[Id, frozenset[str] | None] = {}
        for row, before in (self.span or {}).items():
            remains = before.remains and row in self.rows
            if before.existed and remains:
                columns = frozenset(c for c, value in before.values.items() if self.rows[row][c] != value)
                if columns or before.lost:
                    found[row] = columns
            elif before.existed or remains:
                found[row] = None
        return found

    def pending(self, row: Id) -> frozenset[str]:
        """The columns that a user set and the cloud has not agreed to."""
        values, agreed = self.rows.get(row), self.heritage(row)
        if values is None:
            return frozenset()
        if agreed is None:
            return frozenset(c for c, value in values.items() if value is not None)
        return frozenset(
            c for c, value in values.items() if (value != agreed.values[c] if c in agreed.values else value is not None)
        )

    def heritage(self, row: Id) -> Agreed | None:
        """A row's agreement, its own or that of a deleted row in whose place it stands."""
        heir = self.inherits_from(row)
        return self.agreed.get(row if heir is None else heir)

    def inherits_from(self, row: Id) -> Id | None:
        """The deleted row in whose place a new one stands: it has its name."""
        if row not in self.rows or row in self.agreed:
            return None
        kind = KINDS[row[0]]
        name = kind.name(self.rows[row])
        for other, agreed in sorted(self.agreed.items(), reverse=True, key=lambda each: each[0]):  # the last is meant
            if other[0] != row[0] or other in self.rows:
                continue
            if kind.name(agreed.values) == name or agreed.cloud_id == self.carried.get(row):
                return other
        return None

    def reserved(self, kind: Kind) -> set[Id]:
        """The names that rows of a kind would have again after a rollback."""
        found = {}
        for row, before in (self.span or {}).items():
            if row[0] == kind.table and before.existed:
                found[row] = {**self.rows.get(row, {}), **before.values}
        return {kind.name(values) for values in found.values() if set(kind.named) <= values.keys()}

    def referring(self, row: Id) -> list[Id]:
        """The rows that refer to one."""
        return [other for other, values in self.rows.items() if values.get(REFERENCE) == row]

    def needed(self, row: Id) -> bool:
        """Whether a row refers to one, or would again after a rollback."""
        again = any(before.values.get(REFERENCE) == row for before in (self.span or {}).values())
        return again or bool(self.referring(row))

    def row_of(self, cloud_id: Id) -> Id | None:
        """The row that stands for a resource."""
        return next((row for row, a in self.agreed.items() if a.cloud_id == cloud_id and row in self.rows), None)


@attrs.frozen(kw_only=True)
class Difference:
    """What one row needs: `cloud` and `tables` are verbs, `conflict` stops the cloud's."""

    row: Id
    cloud_id: Id | None
    cloud: str | None = None
    push: frozenset[str] = frozenset()
    tables: str | None = None
    pull: frozenset[str] = frozenset()
    same: frozenset[str] = frozenset()
    conflict: bool = False


@attrs.define(kw_only=True)
class Model:
    """The account's resources and the databases that look at it."""

    cloud: dict[Id, Values] = attrs.field(factory=dict)
    databases: list[Database] = attrs.field(factory=lambda: [Database(), Database()])
    numbers: Iterator[int] = attrs.field(factory=lambda: itertools.count(1))

    def copy(self) -> Model:
        """Another one with the same content."""
        return Model(cloud=copy.deepcopy(self.cloud), databases=copy.deepcopy(self.databases), numbers=self.numbers)

    # --- what a user does to rows ---

    def new_id(self, kind: Kind, values: Values, named: bool) -> Id:
        """How a row, or with kind.by_name a resource, is known."""
        return kind.name(values) if named else (kind.table, next(self.numbers))

    def insert(self, which: int, kind: Kind, values: Values, told: Id | None = None) -> Id:
        """A new row, which holds what was `told` of another whose key has moved."""
        database = self.databases[which]
        row = self.new_id(kind, values, kind.keyed)
        database.carried.pop(row, None)
        told = told or self.moment(kind)
        if database.span is not None:
            before = database.span.setdefault(row, Before(existed=row in database.rows))
            before.remains, before.fresh = True, row not in database.agreed
            before.lost = before.existed and before.told != told
        if told is not None:
            database.told[row] = told
        database.rows[row] = dict(values)
        return row

    def moment(self, kind: Kind) -> Id | None:
        """What a row written just now holds where the cloud has told nothing yet: no two of them the same."""
        return (WRITTEN, next(self.numbers)) if kind.stamped else None

    def update(self, which: int, row: Id, column: str, value: Value) -> Id:
        """A column changed; a primary key that moves is another row."""
        database, kind = self.databases[which], KINDS[row[0]]
        if kind.keyed and column in kind.named:
            values = {**database.rows[row], column: value}
            if values == database.rows[row]:
                return row
            agreed, told = database.heritage(row), database.told.get(row)
            self.delete(which, row)
            moved = self.insert(which, kind, values, told)
            if (
                kind.has_arn and agreed is not None and told is not None and told[0] != WRITTEN
            ):  # else it has no ARN yet
                database.carried[moved] = agreed.cloud_id
            return moved
        database.touch(row, column)
        database.rows[row][column] = value
        return row

    def delete(self, which: int, row: Id) -> None:
        """A row gone."""
        database = self.databases[which]
        for column in list(database.rows[row]):
            database.touch(row, column)
        if database.span is not None:
            database.span[row].remains = False
        del database.rows[row]
        database.told.pop(row, None)

    def begin(self, which: int) -> None:
        """From now on changes belong to one transaction."""
        self.databases[which].span = {}

    def rollback(self, which: int) -> None:
        """Every row as it was, in the columns that were written."""
        database = self.databases[which]
        net, span = database.net(), database.span or {}
        for row in net:
            if not span[row].existed:
                del database.rows[row]
                database.told.pop(row, None)
                if span[row].fresh:
                    database.agreed.pop(row, None)
            elif row in database.rows:
                database.rows[row].update(span[row].values)
            else:
                database.rows[row] = dict(span[row].values)
                database.carried.pop(row, None)  # what only the cloud decides is null in what is made again
                told = database.agreed[row].cloud_id if row in database.agreed else self.moment(KINDS[row[0]])
                if told is not None:
                    database.told[row] = told
        database.span = None

    # --- what others do in the cloud ---

    def make(self, kind: Kind, values: Values) -> Id:
        """A resource made."""
        cloud_id = self.new_id(kind, values, kind.by_name)
        self.cloud[cloud_id] = dict(values)
        return cloud_id

    def remove(self, cloud_id: Id) -> None:
        """A resource gone, with what it holds."""
        self.cloud.pop(cloud_id, None)
        for other in [other for other, values in self.cloud.items() if values.get(REFERENCE) == cloud_id]:
            del self.cloud[other]

    def name_of(self, cloud_id: Id) -> Id:
        """A resource's name, a group by its own."""
        return self.told(self.cloud[cloud_id], cloud_id[0], lambda group: self.cloud[group]["group_name"])

    def row_name(self, which: int, row: Id) -> Id:
        """A row's name, a group by its own."""
        rows = self.databases[which].rows
        return self.told(rows[row], row[0], lambda group: rows[group]["group_name"])

    @staticmethod
    def told(values: Values, table: str, group: Any) -> Id:
        """A name in which a group is told by its own name."""
        kind = KINDS[table]
        return (table, *(group(values[c]) if c == REFERENCE else values[c] for c in kind.named))

    # --- the three-way comparison ---

    def theirs(self, which: int, cloud_id: Id, *, push: bool = False) -> Values | None:
        """A resource in the tables' terms; a group that no row stands for stays as the cloud calls it.

        In a `push` a new row stands for the group that it is about to adopt.
        """
        values = self.cloud.get(cloud_id)
        if values is None or REFERENCE not in values:
            return values
        database = self.databases[which]
        group = database.row_of(values[REFERENCE])
        if group is None:  # its row may be deleted, while the cloud still has it
            group = next((row for row, a in database.agreed.items() if a.cloud_id == values[REFERENCE]), None)
        if group is None and push:
            group = next((row for row in database.rows if self.adopts(which, row) == values[REFERENCE]), None)
        return {**values, REFERENCE: group if group is not None else ("unknown", *values[REFERENCE])}

    def adopts(self, which: int, row: Id) -> Id | None:
        """The group that a new row turns out to be."""
        if KINDS[row[0]].parent is not None or KINDS[row[0]].by_name or self.databases[which].heritage(row) is not None:
            return None
        difference = self.compare(which, row, None, force=False, push=True)
        return None if difference.conflict else difference.cloud_id

    def partner(self, which: int, row: Id, *, push: bool = False) -> Id | None:
        """The resource that a row stands for, or that a new row would be the name of."""
        database = self.databases[which]
        agreed = database.heritage(row)
        if agreed is not None:
            return agreed.cloud_id
        name = KINDS[row[0]].name(database.rows[row])
        claimed = {other.cloud_id for other in database.agreed.values()}
        for cloud_id in (each for each in self.cloud if each[0] == row[0]):
            theirs = self.theirs(which, cloud_id, push=push)
            if cloud_id not in claimed and theirs and KINDS[row[0]].name(theirs) == name:
                return cloud_id
        return None

    def compare(self, which: int, row: Id, columns: frozenset[str] | None, *, force: bool, push: bool) -> Difference:
        """What one row needs; `columns` are the ones that may be pushed, None for all."""
        database = self.databases[which]
        agreed = database.heritage(row)
        cloud_id = self.partner(which, row, push=push) if row in database.rows or agreed else None
        theirs = self.theirs(which, cloud_id, push=push) if cloud_id else None
        nothing = Difference(row=row, cloud_id=cloud_id)
        if row not in database.rows:
            if agreed is None or theirs is None or not push or database.row_of(agreed.cloud_id) is not None:
                return nothing
            moved = any(theirs[c] != value for c, value in agreed.values.items())
            return attrs.evolve(nothing, **({"conflict": True} if moved and not force else {"cloud": "delete"}))
        pending = database.pending(row)
        if theirs is None:
            if agreed is None or database.inherits_from(row) is not None:  # what it stood in for is gone there too
                return attrs.evolve(nothing, cloud="create" if push else None)
            if not pending:
                return attrs.evolve(nothing, tables="delete")
            return attrs.evolve(nothing, cloud="create") if force and push else attrs.evolve(nothing, conflict=True)
        return self._both(database, row, theirs, pending, columns, nothing, force=force, push=push)

    @staticmethod
    def _both(
        database: Database,
        row: Id,
        theirs: Values,
        pending: frozenset[str],
        columns: frozenset[str] | None,
        nothing: Difference,
        *,
        force: bool,
        push: bool,
    ) -> Difference:
        ours, agreed = database.rows[row], database.heritage(row)
        pushed: set[str] = set()
        pulled: set[str] = set()
        same: set[str] = set()
        conflict = False
        for column, mine in ours.items():
            allowed = push and (columns is None or column in columns)
            if mine == theirs[column]:
                same.add(column)
            elif column not in pending:
                pulled.add(column)
            elif agreed is not None and column in agreed.values and agreed.values[column] == theirs[column]:
                pushed |= {column} if allowed else set()
            elif force and allowed:
                pushed.add(column)
            elif not force:
                # whatever the span wrote of the row: somebody has to decide about it first
                conflict = True
        verb = ("replace" if KINDS[row[0]].fixed & pushed else "update") if pushed and not conflict else None
        return attrs.evolve(
            nothing,
            cloud=verb,
            push=frozenset(pushed),
            tables="update" if pulled else None,
            pull=frozenset(pulled),
            same=frozenset(same),
            conflict=conflict,
        )

    # --- the verbs ---

    def commit(self, which: int, *, force: bool = False, recovered: bool = False) -> str:
        """What became of it: committed, conflict (nothing changed) or failed (as before begin).

        Whoever takes over a `recovered` one reads all of its rows; else what need not be asked is not.
        """
        database = self.databases[which]
        differences = self._proposal(which, dict(database.net()), force)
        if any(each.conflict for each in differences.values()):
            return "conflict"
        net = {} if recovered else database.net()
        unasked = {row: self._unasked(database, each, net.get(row)) for row, each in differences.items()}
        tried = self.copy()
        if tried._carry_out(which, list(differences.values())):
            self.rollback(which)
            return "failed"
        self.cloud, self.databases = tried.cloud, tried.databases
        self.databases[which].span = None
        self._settle(which, differences, unasked)
        return "committed"

    @staticmethod
    def _unasked(database: Database, difference: Difference, columns: frozenset[str] | None) -> frozenset[str]:
        """The columns that a commit does not read of a row, since it changes others: a refresh brings them."""
        row, kind = difference.row, KINDS[difference.row[0]]
        if difference.cloud != "update" or not columns or database.heritage(row) is None:
            return frozenset()
        wanted = columns | database.pending(row)
        return frozenset() if wanted & kind.fixed else kind.apart - wanted

    def attempted(self, which: int, *, force: bool) -> dict[Id, Values]:
        """The cloud after every step of a commit that can be taken, whatever became of the others."""
        tried = self.copy()
        tried._carry_out(which, list(self._proposal(which, dict(self.databases[which].net()), force).values()))
        return tried.shown_cloud()

    def steps(self, which: int) -> set[tuple[str, Id]] | None:
        """The cloud's steps that a preview shows, None where it shows a conflict."""
        differences = self._proposal(which, dict(self.databases[which].net()), force=False)
        if any(each.conflict for each in differences.values()):
            return None
        return {(each.cloud, each.row) for each in differences.values() if each.cloud}

    def tick(self, which: int) -> None:
        """Everything pending goes to the cloud as far as it can, then everything else comes from it."""
        database = self.databases[which]
        everything = {*database.rows, *database.agreed}
        asked = {
            row: None
            for row in everything
            if database.pending(row) or row not in database.rows or database.inherits_from(row) is not None
        }
        found = self._proposal(which, dict(asked), force=False)
        waiting = self._waiting(which, found)
        differences = {row: each for row, each in found.items() if not each.conflict and row not in waiting}
        failed = self._carry_out(which, list(differences.values()))
        self._settle(which, {row: each for row, each in differences.items() if row not in failed})
        self.refresh(which)

    def refresh(self, which: int, tables: Iterable[str] | None = None) -> None:
        """Everything that nobody is changing comes from the cloud."""
        database = self.databases[which]
        chosen = [kind for table, kind in KINDS.items() if tables is None or table in set(tables)]
        missing: list[Id] = []
        for kind in chosen:
            mine = [row for row in {**database.rows, **database.agreed} if row[0] == kind.table]
            for row in mine:
                difference = self.compare(which, row, None, force=False, push=False)
                self._pull(which, difference)
                if difference.tables == "delete" and row not in database.net():
                    missing.append(row)
            self._import_all(which, kind)
        for row in reversed(missing):
            if not database.needed(row):
                self._forget(which, row)
        for kind in chosen:
            self._import_all(which, kind)

    def _import_all(self, which: int, kind: Kind) -> None:
        database = self.databases[which]
        mine = [row for row in {**database.rows, **database.agreed} if row[0] == kind.table]
        claimed = {self.partner(which, row) for row in mine}
        for cloud_id in [c for c in self.cloud if c[0] == kind.table and c not in claimed]:
            self._import(which, kind, cloud_id)

    def _import(self, which: int, kind: Kind, cloud_id: Id) -> None:
        database, theirs = self.databases[which], self.theirs(which, cloud_id)
        assert theirs is not None
        if REFERENCE in theirs and theirs[REFERENCE] not in database.rows:
            return
        name = kind.name(theirs)
        if any(row[0] == kind.table and kind.name(values) == name for row, values in database.rows.items()):
            return
        if name in database.reserved(kind):
            return
        row = self.new_id(kind, theirs, kind.keyed)
        database.rows[row] = dict(theirs)
        database.agreed[row] = Agreed(cloud_id=cloud_id, values=dict(theirs))
        database.told[row] = cloud_id

    def _proposal(self, which: int, asked: dict[Id, frozenset[str] | None], force: bool) -> dict[Id, Difference]:
        """The differences of these rows, of the groups they need and of the rules that follow a replaced group."""
        database = self.databases[which]
        found: dict[Id, Difference] = {}
        for row, columns in asked.items():
            heir = next((other for other in database.rows if database.inherits_from(other) == row), None)
            if heir is None:
                found[row] = self.compare(which, row, columns, force=force, push=True)
        for row in list(found):
            group = database.rows.get(row, {}).get(REFERENCE)
            needed = found[row].cloud in {"create", "update", "replace"} and group is not None and group not in found
            if needed and group not in database.agreed:  # new, be it in the place of one that was deleted
                found[group] = self.compare(which, group, None, force=force, push=True)
        for group in [row for row, each in found.items() if each.cloud == "replace" and row[0] == "security_group"]:
            for row in database.referring(group):
                cloud_id = self.partner(which, row, push=True)
                if cloud_id not in self.cloud:
                    continue
                before = found.get(row) or self.compare(which, row, frozenset(), force=force, push=True)
                found[row] = attrs.evolve(before, cloud="replace", push=before.push | {REFERENCE})
        return found

    def _waiting(self, which: int, found: dict[Id, Difference]) -> set[Id]:
        """The rows whose step would undo what a conflict is about, and those whose step is connected with theirs."""
        steps = {row: each for row, each in found.items() if each.cloud}
        linked = {row: {row, *self._near(which, each, steps.keys())} for row, each in steps.items()}
        held = {self.cloud.get(each.cloud_id, {}).get(REFERENCE) for each in found.values() if each.conflict} - {None}
        waiting = {
            row
            for row, each in steps.items()
            if each.conflict or (each.cloud in {"delete", "replace"} and each.cloud_id in held)
        }
        while more := {row for row in steps.keys() - waiting if any(linked[row] & linked[other] for other in waiting)}:
            waiting |= more
        return waiting

    def _near(self, which: int, step: Difference, moving: AbstractSet[Id]) -> set[Id]:
        """What a step is called and which of what is `moving` too it refers to, before it and after it."""
        before = self.theirs(which, step.cloud_id, push=True) if step.cloud_id and step.cloud != "create" else None
        after = self.databases[which].rows.get(step.row)
        if after is not None and before is not None:
            after = {**after, **{column: before[column] for column in step.pull}}
        kind = KINDS[step.row[0]]
        images = [image for image in (before, after) if image is not None]
        groups = {image[REFERENCE] for image in images if REFERENCE in image}
        return {kind.name(image) for image in images} | (groups & moving)

    def _carry_out(self, which: int, differences: list[Difference]) -> set[Id]:
        """Takes every step that can be taken; gives the rows whose step failed."""
        database = self.databases[which]
        failed: set[Id] = set()
        table = list(KINDS)
        wanted: dict[Id, Values] = {}
        for each in differences:
            if each.cloud in {"create", "replace"}:
                theirs = self.theirs(which, each.cloud_id, push=True) if each.cloud_id else None
                wanted[each.row] = {**database.rows[each.row], **{c: (theirs or {})[c] for c in each.pull}}
        going = self._going(which, differences)
        early = self._early(going, wanted)
        self._remove_old(which, [each for each in differences if each.row in early])
        for each in sorted(differences, key=lambda d: table.index(d.row[0])):
            kind = KINDS[each.row[0]]
            self._inherit(database, each.row)
            if each.cloud == "update" and each.cloud_id is not None:
                agreed = database.agreed.setdefault(each.row, Agreed(cloud_id=each.cloud_id, values={}))
                for column in each.push:
                    self.cloud[each.cloud_id][column] = agreed.values[column] = database.rows[each.row][column]
            elif each.cloud in {"create", "replace"}:
                values = wanted[each.row]
                group = self._group_of(which, values) if REFERENCE in values else None
                sent = {**values, REFERENCE: group} if REFERENCE in values else values
                if REFERENCE in values and group not in self.cloud:
                    failed.add(each.row)
                    continue
                if any(self.name_of(c) == self.told_sent(kind, sent) for c in self.cloud if c[0] == kind.table):
                    failed.add(each.row)
                    continue
                cloud_id = self.make(kind, sent)
                database.rows[each.row].update({c: values[c] for c in each.pull})
                database.agreed[each.row] = Agreed(cloud_id=cloud_id, values=dict(values))
                database.told[each.row] = cloud_id
        needed = {going[row].get(REFERENCE) for row in failed & going.keys()}  # AWS would take the old half along
        late = going.keys() - early - failed - needed
        self._remove_old(which, [each for each in differences if each.row in late])
        return failed

    def _group_of(self, which: int, values: Values) -> Id | None:
        agreed = self.databases[which].agreed.get(values[REFERENCE])
        return agreed.cloud_id if agreed else self.adopts(which, values[REFERENCE])

    def _going(self, which: int, differences: list[Difference]) -> dict[Id, Values]:
        """What the cloud has of the rows that are deleted or replaced, in the tables' terms."""
        going = [each for each in differences if each.cloud in {"delete", "replace"} and each.cloud_id is not None]
        found = {each.row: self.theirs(which, each.cloud_id, push=True) for each in going if each.cloud_id is not None}
        return {row: theirs for row, theirs in found.items() if theirs is not None}

    @staticmethod
    def _early(going: dict[Id, Values], wanted: dict[Id, Values]) -> set[Id]:
        """The rows whose old resource goes before anything is made: its name is wanted, or it is in such a group.

        A rule of a group that is made anew is another one beside its old half, since that is in the old group.
        """
        takers: dict[Id, set[Id]] = {}
        for row, values in wanted.items():
            takers.setdefault(KINDS[row[0]].name(values), set()).add(row)
        early = set()
        for row, values in going.items():
            kind = KINDS[row[0]]
            if takers.get(kind.name(values), set()) - ({row} if kind.parent else set()):
                early.add(row)
        return early | {row for row, values in going.items() if values.get(REFERENCE) in early}

    def _remove_old(self, which: int, differences: list[Difference]) -> None:
        """Removes what the cloud had of deleted and of replaced rows; with a group goes what it holds."""
        for each in differences:
            if each.cloud_id is not None:
                self.remove(each.cloud_id)
            if each.cloud == "delete":
                self.databases[which].agreed.pop(each.row, None)

    def told_sent(self, kind: Kind, values: Values) -> Id:
        """The name that a resource would have."""
        return self.told(values, kind.table, lambda group: self.cloud[group]["group_name"])

    @staticmethod
    def _inherit(database: Database, row: Id) -> None:
        """What the deleted row agreed on is this one's own from now on, and ends with it."""
        former = database.inherits_from(row)
        if former is not None:
            database.agreed[row] = database.agreed.pop(former)

    def _settle(
        self, which: int, differences: dict[Id, Difference], unasked: Mapping[Id, frozenset[str]] | None = None
    ) -> None:
        """What nobody is changing comes from the cloud, of these rows.

        What is gone there stays in the tables: in a run of minutes every row is young, and such a one leaves them only
        after two complete reads that miss it, which is a refresh's business.
        """
        for row in sorted(differences, key=lambda each: list(KINDS).index(each[0])):
            found = self.compare(which, row, None, force=False, push=False)
            unread = (unasked or {}).get(row, frozenset())
            self._pull(which, attrs.evolve(found, pull=found.pull - unread, same=found.same - unread), ends=True)

    def _pull(self, which: int, difference: Difference, *, ends: bool = False) -> None:
        """Takes over what the cloud has of a row; `ends` the agreement of what is gone on both sides.

        What the open transaction has written stays as it is.
        """
        database, row = self.databases[which], difference.row
        mine = database.net().get(row, frozenset())
        if row not in database.rows:
            if ends and difference.cloud_id is not None and difference.cloud_id not in self.cloud:
                database.agreed.pop(row, None)
            return
        theirs = self.theirs(which, difference.cloud_id) if difference.cloud_id else None
        stands_in = row in database.carried and database.inherits_from(row) is not None
        if mine is None or theirs is None or not (difference.pull or difference.same or stands_in):
            return
        if difference.conflict and database.heritage(row) is None:  # it is adopted as a whole, or not yet
            return
        assert difference.cloud_id is not None
        self._inherit(database, row)
        agreed = database.agreed.setdefault(row, Agreed(cloud_id=difference.cloud_id, values={}))
        for column in (difference.pull | difference.same) - mine:
            database.rows[row][column] = agreed.values[column] = theirs[column]
        if not (database.span or {}).get(row, Before(existed=True)).lost:
            database.told[row] = difference.cloud_id

    def _forget(self, which: int, row: Id) -> None:
        database = self.databases[which]
        database.rows.pop(row, None)
        database.agreed.pop(row, None)
        database.told.pop(row, None)
        (database.span or {}).pop(row, None)  # written and written back: a rollback has nothing to do with it

    # --- how it is compared with the world ---

    def shown_cloud(self) -> dict[Id, Values]:
        """Every resource by its name, without what the name says."""
        return {
            self.name_of(c): {k: v for k, v in values.items() if k not in KINDS[c[0]].named}
            for c, values in self.cloud.items()
        }

    def shown_rows(self, which: int) -> dict[Id, Values]:
        """Every row by its name, without what the name says."""
        return {
            self.row_name(which, row): {k: v for k, v in values.items() if k not in KINDS[row[0]].named}
            for row, values in self.databases[which].rows.items()
        }
