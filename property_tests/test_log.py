"""The log against models: its fold is the tables, a rollback is exact, agreement is what an oracle says.

The models are dictionaries. Every example uses keys of its own, so that one database serves them all.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from typing import Any

import attrs
import psycopg
import pytest
from hypothesis import example, given, note
from hypothesis import strategies as st
from psycopg.types.json import Jsonb

from iasql.log import agreement, calls, markers, net
from iasql.log.calls import Intent, Outcome
from property_tests.pace import on_a_database
from tests.databases import Database

TABLES = """
create table public.parent (
  k integer primary key, name text unique, v jsonb, up text generated always as (upper(name)) stored,
  n integer default 1,
  arn text, t text, key text default 'q', "user" text, i integer default 3, r text, item text, told text,
  image text default 'w', place text, slot integer, unique (place, slot)
);
create table public.child (
  a integer, b text, p integer references public.parent deferrable initially immediate, w numeric, o integer default 5,
  primary key (a, b)
);
create table public.grandchild (
  a integer, b text, note text, primary key (a, b),
  foreign key (a, b) references public.child on delete cascade on update cascade deferrable initially immediate
);
select iasql.watch('public.parent', computed => '{arn}');
select iasql.watch('public.child');
select iasql.watch('public.grandchild');
"""
KEYS = {"parent": ("k",), "child": ("a", "b"), "grandchild": ("a", "b")}
Model = dict[str, dict[tuple[Any, ...], dict[str, Any]]]


@attrs.define
class World:
    """A database with the tables, and the connections that work on it."""

    user: psycopg.Connection
    engine: psycopg.Connection
    writer: psycopg.Connection
    examples: Iterator[int] = attrs.field(factory=lambda: itertools.count(1))

    def base(self) -> int:
        """The number around which this example's keys are; what a failed example left open is closed first."""
        if self.engine.execute("select state from iasql.gate").fetchone() == ("open",):
            self.user.execute("select * from iasql_rollback(force => true)")
        return next(self.examples) * 100 + 50


@pytest.fixture(scope="module")
def world(shared_database: Database) -> World:
    """One world for all examples."""
    engine = shared_database.connect("iasql_engine")
    engine.execute(TABLES)
    return World(shared_database.connect(), engine, shared_database.connect("iasql_writer"))


# what people do


def number() -> st.SearchStrategy[int]:
    return st.integers(0, 2)  # few, so that changes meet


NAMES = st.sampled_from([None, "x", "y", "z", "é\"'", "null"])
VALUES = st.one_of(
    st.none(),
    st.integers(-2, 2),
    st.lists(st.integers(0, 1), max_size=2),
    st.sampled_from([{"a": None, "original": {"change": 1}}, "null", "", {"change": {}}]),
)
NUMBERS = st.one_of(st.none(), st.sampled_from(["1", "1.0", "NaN", "0.30"]))
LETTERS = st.sampled_from(["m", "n", ""])
CHANGES = st.one_of(
    st.tuples(st.just("insert parent"), number(), NAMES, VALUES),
    st.tuples(st.just("insert child"), number(), LETTERS, st.one_of(st.none(), number()), NUMBERS),
    st.tuples(st.just("insert grandchild"), number(), LETTERS),
    st.tuples(st.just("update parent"), number(), NAMES, VALUES),
    st.tuples(st.just("update child"), number(), LETTERS, st.one_of(st.none(), number()), NUMBERS),
    st.tuples(st.just("delete parent"), number()),
    st.tuples(st.just("delete child"), number(), LETTERS),
    st.tuples(st.just("move parent"), number(), number()),
    st.tuples(st.just("move child"), number(), LETTERS, number(), LETTERS),
    st.tuples(st.just("shift children"), st.sampled_from([-1, 1, 3])),
    st.tuples(st.just("swap names"), number(), number()),
    st.tuples(st.just("place"), number(), number()),
    st.tuples(st.just("swap places"), number(), number()),
    st.tuples(st.just("all"), NUMBERS),
    st.tuples(st.just("several"), number(), number(), NAMES),
)
# rows that changes may meet
SOME = [
    *(("insert parent", number_, name, None) for number_, name in enumerate("xyz")),
    ("insert child", 0, "m", 0, "1"), ("insert child", 1, "n", 1, None), ("insert grandchild", 0, "m"),
    ("place", 0, 0), ("place", 1, 1),
]  # fmt: skip


def histories(most: int) -> st.SearchStrategy[list[tuple[Any, ...]]]:
    """What was done before, in every other example on some rows that are there already."""
    return st.builds(lambda some, more: [*some, *more], st.sampled_from([[], SOME]), st.lists(CHANGES, max_size=most))


def statements(change: tuple[Any, ...], base: int) -> list[tuple[str, list[Any]]]:
    """The SQL of a change, on this example's keys."""
    kind, *said = change
    name = (lambda text: None if text is None else f"{text}{base}") if "parent" in kind or kind == "several" else None
    key = lambda offset: None if offset is None else base + offset  # noqa: E731
    mine = f"between {base - 50} and {base + 49}"
    if kind == "insert parent":
        return [("insert into parent (k, name, v) values (%s, %s, %s)", [key(said[0]), name(said[1]), _json(said[2])])]
    if kind == "insert child":
        return [("insert into child values (%s, %s, %s, %s)", [key(said[0]), said[1], key(said[2]), said[3]])]
    if kind == "insert grandchild":
        return [("insert into grandchild values (%s, %s, 'g')", [key(said[0]), said[1]])]
    if kind == "update parent":
        return [
            (
                "update parent set name = %s, v = %s, n = n + 1 where k = %s",
                [name(said[1]), _json(said[2]), key(said[0])],
            )
        ]
    if kind == "update child":
        return [
            ("update child set p = %s, w = %s where a = %s and b = %s", [key(said[2]), said[3], key(said[0]), said[1]])
        ]
    if kind == "delete parent":
        return [(f"delete from parent where k >= %s and k {mine}", [key(said[0])])]
    if kind == "delete child":
        return [(f"delete from child where a {mine} and (a = %s or b = %s)", [key(said[0]), said[1]])]
    if kind == "move parent":
        return [
            ("set constraints all deferred", []),
            ("update parent set k = %s where k = %s", [key(said[1]), key(said[0])]),
            ("update child set p = %s where p = %s", [key(said[1]), key(said[0])]),
        ]
    if kind == "move child":
        return [
            ("update child set a = %s, b = %s where a = %s and b = %s", [key(said[2]), said[3], key(said[0]), said[1]])
        ]
    if kind == "shift children":
        return [(f"update child set a = a + %s where a {mine}", [said[0]])]
    if kind == "swap names":
        return swapped("name", "name || '~'", "null", key(said[0]), key(said[1]))
    if kind == "place":
        return [("update parent set place = %s, slot = %s where k = %s", [str(base), said[1], key(said[0])])]
    if kind == "swap places":  # one column of a unique index of two
        return swapped("slot", "-1 - slot", "-1 - p.slot", key(said[0]), key(said[1]))
    if kind == "all":
        return [(f"update child set w = %s where a {mine}", [said[0]])]
    return [
        ("set constraints all deferred", []),
        ("delete from parent where k = %s", [key(said[0])]),
        (
            "insert into parent (k, name, v) values (%s, %s, '1') on conflict (k) do update set name = excluded.name",
            [key(said[0]), name(said[2])],
        ),
        ("update parent set v = '2' where k = %s", [key(said[1])]),
        ("delete from parent where k = %s", [key(said[1])]),
        ("insert into parent (k, name, v) values (%s, null, '3')", [key(said[1])]),
    ]


def swapped(column: str, aside: str, alone: str, one: int, two: int) -> list[tuple[str, list[Any]]]:
    """Two rows exchange their values, which are put `aside` meanwhile; where one is `alone`, it gets that."""
    return [
        (
            f"create temp table old on commit drop as select k, {column} as was from parent where k in (%s, %s)",
            [one, two],
        ),
        (f"update parent set {column} = {aside} where k in (%s, %s)", [one, two]),
        (
            f"update parent p set {column} = coalesce((select o.was from old o where o.k <> p.k), {alone})"
            " where k in (%s, %s) and %s <> %s",
            [one, two, one, two],
        ),
    ]


def _json(value: Any) -> Jsonb | None:
    return None if value is None else Jsonb(value)


def do(world: World, change: tuple[Any, ...], base: int) -> None:
    """Makes a change, wholly or, where a constraint forbids it, not at all."""
    try:
        with world.user.transaction():
            for query, arguments in statements(change, base):
                world.user.execute(query.encode(), arguments)
    except psycopg.errors.IntegrityError:
        note(f"refused: {change}")


def tables(world: World, base: int) -> Model:
    """This example's rows, as the log shows them."""
    found: Model = {}
    for table, keys in KEYS.items():
        query = f"select to_jsonb(t.*) - 'up' from {table} t where {keys[0]} between %s and %s"
        rows = world.user.execute(query.encode(), [base - 50, base + 49]).fetchall()
        found[table] = {tuple(image[key] for key in keys): image for (image,) in rows}
    return found


def settable(model: Model) -> str:
    """The model without what users cannot set, as comparable text: 1 and 1.0 are the same to SQL."""
    return json.dumps(
        {
            table: sorted(
                json.dumps(_floats({k: v for k, v in row.items() if k != "arn"}), sort_keys=True)
                for row in rows.values()
            )
            for table, rows in model.items()
        }
    )


def _floats(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _floats(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_floats(each) for each in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def fold(world: World, model: Model, since: int) -> int:
    """Applies the log's rows above an id to the model, checking each against it; the last id."""
    rows = world.user.execute(
        "select id, table_name, change_type::text, key, change from iasql_audit_log"
        " where id > %s and table_name = any (%s) order by id",
        [since, list(KEYS)],
    ).fetchall()
    for number_, table, kind, key, change in rows:
        name, known = tuple(key[column] for column in KEYS[table]), model[table]
        if kind == "INSERT":
            assert name not in known
            known[name] = change["change"]
        elif kind == "DELETE":
            assert _floats(known.pop(name)) == _floats(change["original"])
        else:
            assert _floats(known[name]) == _floats(change["original"])
            after = {**known[name], **change["change"]}
            assert _floats(after) != _floats(known[name]), "a change that changes nothing"
            assert all(_floats(known[name][column]) != _floats(value) for column, value in change["change"].items())
            known[name] = after
        since = number_
    return since


@on_a_database
@given(changes=st.lists(CHANGES, min_size=3, max_size=25))
def test_the_fold_of_the_log_is_the_tables(world: World, changes: list[tuple[Any, ...]]) -> None:
    base = world.base()
    model: Model = {table: {} for table in KEYS}
    since = net.top(world.engine)
    for change in changes:
        do(world, change, base)
        since = fold(world, model, since)
        assert settable(model) == settable(tables(world, base))


@on_a_database
@given(before=histories(12), inside=st.lists(CHANGES, min_size=1, max_size=15))
@example(before=SOME, inside=[("swap names", 0, 1)])
@example(before=SOME, inside=[("swap places", 0, 1)])
def test_a_rollback_is_exact(world: World, before: list[tuple[Any, ...]], inside: list[tuple[Any, ...]]) -> None:
    """And what it did is in the log too; touched() names exactly the rows that differ."""
    base = world.base()
    model: Model = {table: {} for table in KEYS}
    since = net.top(world.engine)
    for change in before:
        do(world, change, base)
    was = tables(world, base)
    tx = world.user.execute("select transaction_id from iasql_begin()").fetchone()[0]  # type: ignore[index]
    try:
        for change in inside:
            do(world, change, base)
        became = tables(world, base)
        expected = {
            (table, name)
            for table in KEYS
            for name in was[table].keys() | became[table].keys()
            if _floats(was[table].get(name)) != _floats(became[table].get(name))
        }
        touched = {
            (row.table_name, tuple(row.key[c] for c in KEYS[row.table_name])) for row in net.touched(world.engine, tx)
        }
        assert touched == expected
    finally:
        rows = world.user.execute("select table_name from iasql_rollback()").fetchall()
    assert settable(tables(world, base)) == settable(was)
    assert len(rows) == len(expected)
    fold(world, model, since)
    assert settable(model) == settable(was)
    assert net.touched(world.engine, tx) == [] or touched


# agreement against an oracle

ABSENT = object()
COLUMNS = ("name", "v", "t")
WORDS = st.sampled_from(["A", "B", "C", None])
EVENTS = st.one_of(
    st.tuples(st.just("user inserts"), WORDS, WORDS),
    st.tuples(st.just("user updates"), st.sampled_from(COLUMNS), WORDS),
    st.tuples(st.just("user updates"), st.sampled_from(COLUMNS), WORDS),
    st.tuples(st.just("user deletes")),
    st.tuples(st.just("engine inserts"), WORDS, WORDS),
    st.tuples(st.just("engine updates"), st.sampled_from([*COLUMNS, "arn"]), WORDS),
    st.tuples(st.just("engine deletes")),
    st.tuples(st.just("agreed"), st.sampled_from(COLUMNS)),
    st.tuples(st.just("sent"), st.sampled_from(COLUMNS), WORDS),
    st.tuples(st.just("failed")),
    st.tuples(st.just("ended"), st.sampled_from(["arn-0", "A", "B"])),
    st.tuples(st.just("begin")),
    st.tuples(st.just("rollback")),
    st.just(("folds are kept",)),
)


@attrs.define
class Oracle:
    """What one row's agreement is, kept beside the events that make it.

    `base` is, for each column, the value that a user's change is measured against: the agreed one where there is an
    agreement, else what stood there before; ABSENT in a row that users made.
    """

    row: dict[str, Any] | None = None
    agreed: dict[str, Any] | None = None
    base: dict[str, Any] = attrs.field(factory=dict)
    saved: dict[str, Any] | None = None

    def user_sets(self, row: dict[str, Any] | None) -> None:
        """A user, or a rollback, makes the row this."""
        if row is not None:
            for column in row:
                self.base.setdefault(column, ABSENT)
        self.row = row

    def engine_sets(self, values: dict[str, Any]) -> None:
        """The engine writes these values into the row."""
        self.row = {**(self.row or {}), **values}
        self.agree(values)

    def agree(self, values: dict[str, Any]) -> None:
        """Both sides have these in common."""
        self.agreed = {**(self.agreed or {}), **values}
        if self.row is not None:
            self.base.update({c: self.row[c] for c in values})

    @property
    def written(self) -> set[str]:
        """The columns whose value users changed."""
        return (
            set()
            if self.row is None
            else {c for c, v in self.row.items() if self.base[c] is ABSENT or self.base[c] != v}
        )


@attrs.define
class Actor:
    """Makes an event happen in the database and tells the oracle."""

    world: World
    key: int
    oracle: Oracle = attrs.field(factory=Oracle)
    tx: str | None = None

    @property
    def name(self) -> dict[str, int]:
        """The row's key."""
        return {"k": self.key}

    def act(self, event: tuple[Any, ...]) -> None:
        """One event; those that make no sense now are left out."""
        action: Callable[..., None] = getattr(self, "_" + event[0].replace(" ", "_"))
        action(*event[1:])

    def write(self, op: str, **values: Any) -> None:
        """The writer writes the row."""
        columns = [column for column in values if op == "insert" or column != "k"]
        self.world.writer.execute(
            "select iasql.write_rows('public.parent', %s, %s, %s)", [op, columns, Jsonb([{**self.name, **values}])]
        )

    def image(self) -> dict[str, Any] | None:
        """The row as it is."""
        found = self.world.user.execute("select to_jsonb(t.*) - 'up' from parent t where k = %s", [self.key]).fetchone()
        return found[0] if found else None

    def _user_inserts(self, name: str | None, value: str | None) -> None:
        if self.oracle.row is not None:
            return
        unique = None if name is None else f"{name}{self.key}"
        query = "insert into parent (k, name, v) values (%s, %s, %s)"
        self.world.user.execute(query, [self.key, unique, _json(value)])
        self.oracle.user_sets(self.image())

    def _user_updates(self, column: str, value: str | None) -> None:
        if self.oracle.row is None:
            return
        told = self._value(column, value)
        query = f"update parent set {column} = %s where k = %s"
        self.world.user.execute(query.encode(), [_json(told) if column == "v" else told, self.key])
        self.oracle.user_sets(self.image())

    def _user_deletes(self) -> None:
        self.world.user.execute("delete from parent where k = %s", [self.key])
        if self.oracle.row is not None:
            if self.oracle.agreed is None:
                pass
            self.oracle.user_sets(None)

    def _engine_inserts(self, name: str | None, value: str | None) -> None:
        if self.oracle.row is not None or self.tx is not None:
            return
        self.write("insert", k=self.key, name=self._value("name", name), v=value, arn="arn-0")
        image = self.image()
        assert image is not None
        self.oracle.base = {}
        self.oracle.engine_sets(image)

    def _engine_updates(self, column: str, value: str | None) -> None:
        if self.oracle.row is None or self.tx is not None or self.oracle.row[column] == self._value(column, value):
            return
        told = self._value(column, value)
        self.write("update", **{column: told})
        self.oracle.engine_sets({column: told})

    def _engine_deletes(self) -> None:
        if self.oracle.row is None or self.tx is not None:
            return
        self.write("delete")
        self.oracle = Oracle()

    def _agreed(self, column: str) -> None:
        if self.oracle.row is None or self.tx is not None:
            return
        values = {column: self.oracle.row[column]}
        calls.log_agreed(self.world.engine, self._id(), [("parent", self.name, values)])
        self.oracle.agree(values)

    def _sent(self, column: str, value: str | None) -> None:
        if self.oracle.row is None or self.tx is not None:
            return
        values = {column: self._value(column, value)}
        self._call(agreed=values)
        self.oracle.agree(values)

    def _failed(self) -> None:
        self._call(error={"code": "no"})

    def _ended(self, arn: str) -> None:
        if self.tx is not None:
            return
        self._call(ended={"arn": arn})
        if self.oracle.agreed is not None and self.oracle.agreed.get("arn") == arn:
            self.oracle.agreed = None
            if self.oracle.row is None:
                self.oracle.base = {}

    def _folds_are_kept(self) -> None:
        """Also of short histories, so that they are read on from anywhere."""
        keep_folds(self.world, 2)

    def _begin(self) -> None:
        if self.tx is None:
            self.tx = str(self.world.user.execute("select transaction_id from iasql_begin()").fetchone()[0])  # type: ignore[index]
            self.oracle.saved = self.oracle.row

    def _rollback(self) -> None:
        if self.tx is None:
            return
        self.world.user.execute("select * from iasql_rollback()")
        self.tx = None
        self.oracle.user_sets(self.image())
        assert _without_arn(self.oracle.row) == _without_arn(self.oracle.saved)

    def _call(self, **outcome: Any) -> None:
        (intent,) = calls.intend(
            self.world.engine, self._id(), [Intent(table_name="parent", key=self.name, verb="update", token="t")], None
        )
        done = Outcome(table_name="parent", key=self.name, intent=intent, verb="update", **outcome)
        calls.conclude(self.world.engine, self._id(), [done])

    def _id(self) -> str:
        return str(self.world.engine.execute("select iasql.new_id()").fetchone()[0])  # type: ignore[index]

    def _value(self, column: str, value: str | None) -> str | None:
        return f"{value}{self.key}" if column == "name" and value is not None else value


def keep_folds(world: World, most: int) -> None:
    """As the sealer does, of histories that are this long."""
    top = "select max(id) from public.iasql_audit_log"
    while world.engine.execute(f"select iasql.catch_up(({top}), {most})".encode()).fetchone() != (None,):
        continue


def _without_arn(row: dict[str, Any] | None) -> dict[str, Any] | None:
    return None if row is None else {c: v for c, v in row.items() if c != "arn"}


@on_a_database
@given(events=st.lists(EVENTS, min_size=1, max_size=20))
def test_agreement_is_what_an_oracle_says(world: World, events: list[tuple[Any, ...]]) -> None:
    actor = Actor(world, world.base())
    try:
        for event in events:
            actor.act(event)
            (found,) = agreement.standing(world.engine, "parent", [actor.name])
            assert found.agreed == actor.oracle.agreed
            assert set(found.written) == actor.oracle.written
            lost = actor.name in agreement.lost_keys(world.engine, "parent")
            assert lost == (actor.oracle.row is None and actor.oracle.agreed is not None)
    finally:
        actor.act(("rollback",))


STATE = """
    select f.state from iasql.agreement_of('parent', %s, (select max(id) from public.iasql_audit_log)) f"""


@on_a_database
@given(events=st.lists(EVENTS, min_size=1, max_size=20), each=st.integers(1, 4), after=st.integers(0, 3))
def test_a_fold_that_is_kept_is_read_on_from(
    world: World, events: list[tuple[Any, ...]], each: int, after: int
) -> None:
    """Whenever it was kept, it comes to what the whole history comes to."""
    actor = Actor(world, world.base())
    world.engine.execute("delete from iasql.fold")
    try:
        for number_, event in enumerate(events):
            actor.act(event)
            if number_ % each == after:
                keep_folds(world, 1)
            kept = world.engine.execute(STATE, [Jsonb(actor.name)]).fetchall()
            with world.engine.transaction(force_rollback=True):
                world.engine.execute("delete from iasql.fold")
                assert kept == world.engine.execute(STATE, [Jsonb(actor.name)]).fetchall()
    finally:
        actor.act(("rollback",))


@on_a_database
@given(events=st.lists(st.lists(CHANGES, max_size=5), min_size=1, max_size=5))
def test_every_change_is_in_one_span(world: World, events: list[list[tuple[Any, ...]]]) -> None:
    """Ticks and commits cut the log into spans: together they are everything, and what they touch is the difference."""
    base = world.base()
    was = tables(world, base)
    for number_, part in enumerate(events):
        tx = None
        if number_ % 2:
            tx = str(world.user.execute("select transaction_id from iasql_begin()").fetchone()[0])  # type: ignore[index]
        for change in part:
            do(world, change, base)
        became = tables(world, base)
        if tx is not None:
            assert markers.start_commit(world.engine, tx, net.last_id(world.engine, tx)) is not None
        else:
            tx = markers.start_tick(world.engine)
        expected = {
            (table, name)
            for table in KEYS
            for name in was[table].keys() | became[table].keys()
            if _floats(was[table].get(name)) != _floats(became[table].get(name))
        }
        rows = [] if tx is None else net.touched(world.engine, tx)
        touched = {(row.table_name, tuple(row.key[c] for c in KEYS[row.table_name])) for row in rows}
        assert {each for each in touched if base - 50 <= each[1][0] < base + 50} == expected
        if tx is not None:
            markers.end_commit(world.engine, tx)
            markers.close(world.engine, tx)
        was = became


CALLED = """
    select l.key from public.iasql_audit_log l, lateral (values (l.change->'original'), (l.change->'change'),
      (coalesce(l.change->'original', '{}') || coalesce(l.change->'change', '{}'))) i (image)
    where l.table_name = 'parent' and l.change_type in ('INSERT', 'UPDATE', 'DELETE') and i.image @> %s
    order by l.id"""
LAST = """
    select l.key from public.iasql_audit_log l where l.table_name = 'parent'
      and l.change_type in ('INSERT', 'UPDATE', 'DELETE', 'AGREED')
      and coalesce(l.change->'original', '{}') || coalesce(l.change->'change', '{}') @> %s
    order by l.id desc limit 1"""


@on_a_database
@given(parts=st.lists(st.lists(CHANGES, min_size=1, max_size=6), min_size=1, max_size=4), caught_up=st.integers(0, 4))
def test_a_row_is_found_by_whatever_it_was_called(
    world: World, parts: list[list[tuple[Any, ...]]], caught_up: int
) -> None:
    """However much of the log the aliases know: what they tell is what reading all of it tells."""
    base = world.base()
    top = "select max(id) from public.iasql_audit_log"
    for number_, part in enumerate(parts):
        for change in part:
            do(world, change, base)
        if number_ < caught_up:
            while world.engine.execute(f"select iasql.catch_up(({top}))".encode()).fetchone() != (None,):
                continue
    for name in ("x", "y", "z", "é\"'", "null"):
        who = Jsonb({"name": f"{name}{base}"})
        keys = world.engine.execute(CALLED, [who]).fetchall()
        found = world.engine.execute("select iasql.keys_meant('parent', %s)", [who]).fetchall()
        assert sorted(map(str, found)) == sorted(set(map(str, keys)))
        last = world.engine.execute("select key from iasql.last_keys('parent', array[%s])", [who]).fetchall()
        assert last == world.engine.execute(LAST, [who]).fetchall()
