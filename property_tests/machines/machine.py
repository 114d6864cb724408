"""The rules: what users, colleagues in the console, the clock and bad luck do, to the world and to the oracle.

After every verb both must show the same tables and the same cloud. The next step is `property_tests/test_machine.py`.
"""

from __future__ import annotations

import sys
import traceback
from collections import Counter
from typing import Any, ClassVar

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from iasql.plan.state import Key
from property_tests.machines.faults import WAYS, Way
from property_tests.machines.kinds import KINDS, Kind, Values
from property_tests.machines.model import REFERENCE, Id, Model
from property_tests.machines.residues import unnamed
from property_tests.machines.world import Outcome, World

databases = st.integers(0, 1)
tables = st.sampled_from([*KINDS, "security_group", "security_group_rule", "security_group_rule"])


def values_of(kind: Kind) -> st.SearchStrategy[Values]:
    return st.fixed_dictionaries({column: st.sampled_from(found) for column, found in kind.values.items()})


tables_and_values = tables.flatmap(lambda table: st.tuples(st.just(table), values_of(KINDS[table])))


class Machine(RuleBasedStateMachine):
    """Two databases on one account, their users, and everybody else."""

    world: ClassVar[World]
    counts: ClassVar[Counter[str]] = Counter()
    spoiling: ClassVar[bool] = True

    def __init__(self) -> None:
        super().__init__()
        self.model = Model()
        self.lost: list[dict[Id, Key]] = [{} for _ in self.model.databases]
        self.world.open(len(self.model.databases))
        self.count("runs")

    def teardown(self) -> None:
        ended = sys.exc_info()[1]
        try:
            if isinstance(ended, Exception):  # another run of the same may go another way: threads take turns
                traceback.print_exception(ended, limit=-4)
            elif not self.failing and ended is None:
                self.come_to_rest()
        finally:
            self.world.shut()

    failing = False

    # --- users ---

    @rule(which=databases, data=st.data())
    def write(self, which: int, data: st.DataObject) -> None:
        """One statement of a user's, inside or outside of a transaction."""
        rows = self.model.databases[which].rows
        free = [row for row in rows if not self.model.databases[which].referring(row)]
        ways = ["insert", *(["update", "update"] if rows else []), *(["delete"] if free else [])]
        if self.rows(which, "security_group_rule"):
            ways += ["repoint", "repoint"]
        match data.draw(st.sampled_from(ways), "way"):
            case "insert":
                self.insert(which, data)
            case "update":
                self.update(which, data)
            case "repoint":
                self.repoint(which, data)
            case _:
                self.delete_row(which, data.draw(st.sampled_from(free), "row"))

    def delete_row(self, which: int, row: Id) -> None:
        self.lost[which][row] = self.key(which, row)
        self.world.delete(which, KINDS[row[0]], self.lost[which][row])
        self.model.delete(which, row)
        self.count("delete")

    def insert(self, which: int, data: st.DataObject) -> None:
        table, values = data.draw(tables_and_values, "new row")
        kind, group = KINDS[table], None
        if kind.parent:
            groups = self.rows(which, kind.parent)
            if not groups:
                kind = KINDS[kind.parent]
                values = data.draw(values_of(kind), "its group first")
            else:
                group = data.draw(st.sampled_from(groups), "group")
                values = {**values, REFERENCE: group}
        self.insert_row(which, kind, values)

    def insert_row(self, which: int, kind: Kind, values: Values) -> None:
        if self.name_is_used(which, kind, values):
            return
        group = values.get(REFERENCE)
        key = None if group is None else self.key(which, group)["id"]
        self.world.insert(which, kind, values, key)
        self.model.insert(which, kind, values)
        self.count("insert")

    def repoint(self, which: int, data: st.DataObject) -> None:
        rule = data.draw(st.sampled_from(self.rows(which, "security_group_rule")), "rule")
        now = self.model.databases[which].rows[rule][REFERENCE]
        others = [group for group in self.rows(which, "security_group") if group != now]
        if others:
            self.set(which, rule, REFERENCE, data.draw(st.sampled_from(others), "group"))
        else:
            self.insert_row(which, KINDS["security_group"], data.draw(values_of(KINDS["security_group"]), "a group"))

    def update(self, which: int, data: st.DataObject) -> None:
        row = data.draw(st.sampled_from(list(self.model.databases[which].rows)), "row")
        kind = KINDS[row[0]]
        column = data.draw(st.sampled_from(sorted(kind.values)), "column")
        self.set(which, row, column, data.draw(st.sampled_from(kind.values[column]), "value"))

    def set(self, which: int, row: Id, column: str, value: Any) -> None:
        kind, values = KINDS[row[0]], self.model.databases[which].rows[row]
        if value == values[column] or (
            column in kind.named and self.name_is_used(which, kind, {**values, column: value}, row)
        ):
            return
        told = self.key(which, value)["id"] if column == REFERENCE else value
        self.world.update(which, kind, self.key(which, row), column, told)
        self.model.update(which, row, column, value)
        what = "reference" if column == REFERENCE else "key" if kind.keyed and column in kind.named else "column"
        self.count(f"update {what}")

    # --- transactions ---

    @rule(which=databases)
    def begin(self, which: int) -> None:
        if which in self.open():
            return
        self.world.places[which].sql("select * from iasql_begin()")
        self.model.begin(which)
        self.count("begin")

    @rule(which=databases)
    def preview(self, which: int) -> None:
        if which not in self.open():
            return
        expected = self.model.steps(which)
        outcome = self.world.verb(which, "preview")
        if self.undisturbed(outcome):
            assert outcome.error is None, outcome.error
            shown = {row["action"] for row in outcome.rows}
            assert ("conflict" in shown) == (expected is None), outcome.rows
            steps = [row for row in outcome.rows if row["side"] == "cloud"]
            if expected is not None:
                found = sorted((row["action"], row["table_name"]) for row in steps)
                assert found == sorted((action, row[0]) for action, row in expected), outcome.rows
        self.look(which)
        self.count("preview")

    @rule(which=databases, force=st.sampled_from([False, False, False, True]))
    def commit(self, which: int, force: bool) -> None:
        if which not in self.open():
            return
        before, keys = self.model.copy(), self.keys(which)
        outcome = self.world.verb(which, "commit", force=force)
        if self.undisturbed(outcome):
            expected = self.model.commit(which, force=force)
            note(f"commit: {expected}, {outcome}")
            told = {None: "committed", "IA002": "conflict", "IA003": "failed"}.get(outcome.sqlstate)
            if outcome.error is not None and told == "committed":
                raise outcome.error
            if expected == "failed" and told == "failed" and self.world.last_outcome(which) == "failed":
                self.accept_residues(which, before, keys, force)
                return
            assert told == expected, f"{outcome.error!r} where {expected} was expected"
            self.look(which)
            self.nothing_else_moved(which)
            self.count(f"commit {expected}")
        else:
            self.after_a_spoiled_commit(which, outcome, before, keys, force)

    def after_a_spoiled_commit(
        self, which: int, outcome: Outcome, before: Model, keys: dict[Id, Key], force: bool
    ) -> None:
        """Wholly, or not at all, or with its residues named."""
        recovered = self.world.state(which) not in {"open", "clean"}
        if recovered:
            self.world.restart(which)
        became = "open" if self.world.state(which) == "open" else self.world.last_outcome(which)
        note(f"spoiled commit at {self.world.faults.told}: {became}, {outcome}")
        self.count(f"spoiled commit {became}")
        if became == "failed":
            self.accept_residues(which, before, keys, force)
            return
        if became == "committed":
            expected = self.model.commit(which, force=force, recovered=recovered)
            if expected == "conflict":
                self.take_over()
            else:
                assert expected == "committed", f"committed where {expected} was expected"
        elif became == "rolled_back":
            assert outcome.error is not None or outcome.killed
            self.model.rollback(which)
        self.look(which)

    def accept_residues(self, which: int, before: Model, keys: dict[Id, Key], force: bool) -> None:
        """What could neither be finished nor brought back is named; then both go on from what is there."""
        conflicts = self.world.conflicts(which)
        left = unnamed(self.world.cloud(), before, which, keys, conflicts, force=force)
        assert not left, f"{left} are residues without a name: {conflicts}, {self.world.last_error(which)}"
        self.world.tidy()
        self.take_over()
        self.count("residues")

    def take_over(self) -> None:
        """Goes on from what is there; what is open elsewhere is taken back first: the model forgets what it did."""
        for which in range(len(self.world.places)):
            if self.world.state(which) == "open":
                self.world.places[which].sql("select * from iasql_rollback()")
        self.lost = self.world.adopt(self.model)

    @rule(which=databases)
    def rollback(self, which: int) -> None:
        if which not in self.open():
            return
        self.world.places[which].sql("select * from iasql_rollback()")
        self.model.rollback(which)
        self.look(which)
        self.count("rollback")

    # --- the clock ---

    @rule(which=databases)
    def refresh(self, which: int) -> None:
        outcome = self.world.verb(which, "refresh")
        if not self.undisturbed(outcome):
            self.nothing_there_is_lost(which)
            outcome = self.world.verb(which, "refresh")
        assert outcome.error is None, outcome.error
        self.model.refresh(which)
        self.look(which)
        self.count("refresh")

    @rule(which=databases)
    def tick(self, which: int) -> None:
        if self.model.databases[which].span is not None:
            assert self.world.verb(which, "tick").rows == []
            self.world.faults.disarm()
            self.count("tick paused")
            return
        outcome = self.world.verb(which, "sync")
        if not self.undisturbed(outcome):
            note(f"spoiled tick at {self.world.faults.told}: {outcome}")
            self.count("spoiled tick")
            self.nothing_there_is_lost(which)
            outcome = self.world.verb(which, "sync")
        assert outcome.error is None, outcome.error
        self.model.tick(which)
        self.look(which)
        self.count("tick")

    def nothing_there_is_lost(self, which: int) -> None:
        """No row left the tables while what it stands for is in the cloud."""
        database, rows = self.model.databases[which], self.world.rows(which)
        still = [row for row in database.rows if (a := database.agreed.get(row)) and a.cloud_id in self.model.cloud]
        gone = [name for row in still if (name := self.model.row_name(which, row)) not in rows]
        assert not gone, f"{gone} left the tables"

    # --- everybody else ---

    @rule(data=st.data())
    def elsewhere(self, data: st.DataObject) -> None:
        """Somebody makes, changes or removes something in the account."""
        known = list(self.model.cloud)
        match data.draw(st.sampled_from(["make", *(["change", "change", "remove"] if known else [])]), "way"):
            case "make":
                self.make(data)
            case "change":
                cloud_id = data.draw(st.sampled_from(known), "resource")
                kind = KINDS[cloud_id[0]]
                column = data.draw(st.sampled_from(sorted(set(kind.values) - kind.fixed)), "column")
                value = data.draw(st.sampled_from(kind.values[column]), "value")
                real, values = self.world.cloud_id(kind, self.model.name_of(cloud_id))
                kind.change(self.world.aws, real, {**values, column: value}, column)
                self.model.cloud[cloud_id][column] = value
                self.count("change elsewhere")
            case _:
                cloud_id = data.draw(st.sampled_from(known), "resource")
                kind = KINDS[cloud_id[0]]
                kind.remove(self.world.aws, *self.world.cloud_id(kind, self.model.name_of(cloud_id)))
                self.model.remove(cloud_id)
                self.count("remove elsewhere")

    def make(self, data: st.DataObject) -> None:
        table, values = data.draw(tables_and_values, "new resource")
        kind, told = KINDS[table], values
        if kind.parent:
            groups = [cloud_id for cloud_id in self.model.cloud if cloud_id[0] == kind.parent]
            if not groups:
                return
            group = data.draw(st.sampled_from(groups), "group")
            real, _ = self.world.cloud_id(KINDS[kind.parent], self.model.name_of(group))
            values, told = {**values, REFERENCE: group}, {**values, REFERENCE: real}
        if self.model.told_sent(kind, values) in self.model.shown_cloud():
            return
        kind.make(self.world.aws, told)
        self.model.make(kind, values)
        self.count("make elsewhere")

    # --- several at once, as they come in life ---

    @rule(which=databases, data=st.data())
    def transaction(self, which: int, data: st.DataObject) -> None:
        """Begin, some statements, somebody else's deed perhaps, bad luck perhaps, and an end perhaps."""
        if which not in self.open():
            self.begin(which)
        for _ in range(data.draw(st.integers(1, 4), "statements")):
            self.write(which, data)
        if data.draw(st.booleans(), "somebody else"):
            self.elsewhere(data)
        self.perhaps_spoil(data)
        match data.draw(st.sampled_from(["commit", "commit", "commit", "force", "rollback", "stay"]), "end"):
            case "rollback":
                self.rollback(which)
            case "stay":
                self.preview(which)
            case end:
                self.commit(which, force=end == "force")

    @rule(which=databases, data=st.data())
    def automatic(self, which: int, data: st.DataObject) -> None:
        """Statements outside of a transaction, and a tick."""
        for _ in range(data.draw(st.integers(1, 3), "statements")):
            self.write(which, data)
        if data.draw(st.booleans(), "somebody else"):
            self.elsewhere(data)
        self.perhaps_spoil(data)
        self.tick(which)

    def perhaps_spoil(self, data: st.DataObject) -> None:
        if self.spoiling and data.draw(st.booleans(), "spoil"):
            way, nth = data.draw(st.sampled_from(WAYS), "how"), data.draw(st.integers(1, 8), "nth")
            self.spoil(way, nth, writes=data.draw(st.booleans(), "of those that change something"))

    # --- bad luck ---

    @precondition(lambda self: self.spoiling)
    @rule(way=st.sampled_from(WAYS), nth=st.integers(1, 12), writes=st.booleans())
    def spoil(self, way: Way, nth: int, writes: bool) -> None:
        self.world.faults.arm(way, nth, writes=writes)
        self.count(f"spoil {way}")

    def undisturbed(self, outcome: Outcome) -> bool:
        """Whether nothing went wrong that the oracle did not foresee."""
        struck = self.world.faults.disarm()
        return not struck

    # --- what must hold ---

    @invariant()
    def the_logs_past_stands_still(self) -> None:
        self.count("log looked at")
        for which in range(len(self.world.places)):
            assert self.world.log_is_whole(which), "the log's past has changed"

    def look(self, which: int) -> None:
        """Tables, cloud and log are what the oracle says."""
        self.same(self.world.rows(which), self.model.shown_rows(which), "tables")
        self.same(self.world.cloud(), self.model.shown_cloud(), "cloud")
        assert self.world.fold_equals_tables(which), "the log's fold is not the tables"

    def nothing_else_moved(self, which: int) -> None:
        """No column that users could write and nobody plays with is another one in the tables than in the cloud."""
        outcome = self.world.verb(which, "drift")
        assert outcome.error is None, outcome.error
        other = [
            row
            for row in outcome.rows
            if (kind := KINDS.get(row["table_name"]))
            and row["column_name"] in self.world.settable[kind.table] - set(kind.played)
        ]
        assert not other, f"nobody asked for it: {other}"

    def same(self, found: dict[Id, Values], expected: dict[Id, Values], where: str) -> None:
        if found != expected:
            names = sorted(found.keys() | expected.keys(), key=repr)
            lines = [
                f"{name}: is {found.get(name)}, should be {expected.get(name)}"
                for name in names
                if found.get(name) != expected.get(name)
            ]
            self.failing = True
            for which in range(len(self.world.places)):
                note(f"held in {which}: {self.world.conflicts(which)}")
            raise AssertionError(f"{where}: " + "; ".join(lines))

    def come_to_rest(self) -> None:
        """After everything was committed or taken back, and a tick, both sides agree and nothing is left to do."""
        self.world.faults.disarm()
        for which, database in enumerate(self.model.databases):
            if database.span is not None:
                self.world.places[which].sql("select * from iasql_rollback()")
                self.model.rollback(which)
            self.tick(which)
            self.world.places[which].sql("select * from iasql_begin()")
            outcome = self.world.verb(which, "preview")
            assert (outcome.rows, outcome.error) == ([], None), outcome
            self.world.places[which].sql("select * from iasql_rollback()")

    # --- finding things ---

    def open(self) -> list[int]:
        """The databases with an open transaction."""
        return [which for which, database in enumerate(self.model.databases) if database.span is not None]

    def rows(self, which: int, table: str) -> list[Id]:
        return [row for row in self.model.databases[which].rows if row[0] == table]

    def key(self, which: int, row: Id) -> Key:
        return self.world.keys(which)[self.model.row_name(which, row)]

    def keys(self, which: int) -> dict[Id, Key]:
        """The primary key of every row, and of those that were deleted."""
        database, names = self.model.databases[which], self.world.keys(which)
        moved = {row: {KINDS[row[0]].named[0]: row[1]} for row in database.agreed if KINDS[row[0]].keyed}
        return moved | self.lost[which] | {row: names[self.model.row_name(which, row)] for row in database.rows}

    def name_is_used(self, which: int, kind: Kind, values: Values, but: Id | None = None) -> bool:
        """Whether a row has that name, or stands for a resource that has it still."""
        database, name = self.model.databases[which], kind.name(values)
        for row in database.rows:
            if row[0] != kind.table or row == but:
                continue
            if kind.name(database.rows[row]) == name:
                return True
            if self.agreed_name(which, row) == name and not self.gives_up_its_name(which, row):
                return True
        return False

    def gives_up_its_name(self, which: int, row: Id) -> bool:
        """Whether the open transaction renames a row, so that one commit may give its name to another."""
        columns = self.model.databases[which].net().get(row)
        return columns is not None and bool(columns & set(KINDS[row[0]].named))

    def agreed_name(self, which: int, row: Id) -> Id | None:
        agreed = self.model.databases[which].heritage(row)
        return KINDS[row[0]].name(agreed.values) if agreed and set(KINDS[row[0]].named) <= set(agreed.values) else None

    def count(self, what: str) -> None:
        """How often each rule did something, told at the end."""
        self.counts[what] += 1
