"""Arrays of ids against a model: users' statements are refused exactly where a member would be left without its row.

The model is two dictionaries. Every example uses keys of its own, so that one database serves them all.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import attrs
import psycopg
import pytest
from hypothesis import given, note
from hypothesis import strategies as st
from psycopg.errors import ForeignKeyViolation
from psycopg.types.json import Jsonb

from property_tests.pace import on_a_database
from tests.databases import Database

TABLES = """
create table public.net (id integer primary key, net_id text, region text not null, note text);
create table public.host (id integer primary key, region text not null, nets text[], note text);
select iasql.watch('public.net');
select iasql.watch('public.host');
select iasql.watch_list('public.host', 'nets', 'public.net', 'net_id', true, 'id');
"""
NUMBERS = st.integers(0, 3)
REGIONS = st.sampled_from(["a", "b"])
MEMBERS = st.lists(st.tuples(st.booleans(), NUMBERS), max_size=3)
"""Of each member: whether the net is named by its key, and which it is."""
CHANGES = st.one_of(
    st.tuples(st.just("net"), NUMBERS, REGIONS, st.booleans()),
    st.tuples(st.just("told net"), NUMBERS, REGIONS),
    st.tuples(st.just("lost net"), NUMBERS),
    st.tuples(st.just("without nets"), st.sets(NUMBERS)),
    st.tuples(st.just("rename"), NUMBERS, NUMBERS),
    st.tuples(st.just("note")),
    st.tuples(st.just("host"), NUMBERS, REGIONS, MEMBERS),
    st.tuples(st.just("told host"), NUMBERS, REGIONS, MEMBERS),
    st.tuples(st.just("without host"), NUMBERS),
)
Net = tuple[str, str | None]
Host = tuple[str, tuple[str, ...]]


@attrs.define
class World:
    """A database with the tables, and what must be in them."""

    user: psycopg.Connection
    writer: psycopg.Connection
    base: int = 0
    nets: dict[int, Net] = attrs.field(factory=dict)
    hosts: dict[int, Host] = attrs.field(factory=dict)

    def known(self, region: str, member: str, nets: dict[int, Net]) -> bool:
        """Whether a net of the region goes by this name."""
        return any(place == region and member in (name, str(key)) for key, (place, name) in nets.items())

    def refuses(self, nets: dict[int, Net], hosts: dict[int, Host]) -> bool:
        """Whether users may not bring this about: a new member without a row, or a member that loses its row."""
        for key, (region, members) in hosts.items():
            before = self.hosts.get(key)
            for member in members:
                had = before is not None and before[0] == region and member in before[1]
                if not self.known(region, member, nets) and (not had or self.known(region, member, self.nets)):
                    return True
        return False

    def member(self, told: tuple[bool, int]) -> str:
        by_key, number = told
        return str(self.base + number) if by_key else f"net-{self.base + number}"

    def write(self, table: str, op: str, image: dict[str, Any]) -> None:
        """A write of the engine's."""
        self.writer.execute(
            "select iasql.write_rows(%s::regclass, %s, %s, %s)", [f"public.{table}", op, list(image), Jsonb([image])]
        )

    def try_out(self, query: str, nets: dict[int, Net], hosts: dict[int, Host], *arguments: Any) -> None:
        """A user's statement, which is refused exactly where the model says so."""
        refused = self.refuses(nets, hosts)
        note(f"{query} {arguments} {'refused' if refused else ''}")
        try:
            self.user.execute(query.encode(), arguments)
        except ForeignKeyViolation:
            assert refused
            return
        assert not refused
        self.nets, self.hosts = nets, hosts

    def change(self, kind: str, *said: Any) -> None:
        """One change of somebody's."""
        nets, hosts = dict(self.nets), dict(self.hosts)
        key = self.base + said[0] if said and isinstance(said[0], int) else 0
        if kind in ("net", "told net") and key not in nets:
            name = f"net-{key}" if kind == "told net" or said[2] else None
            nets[key] = (said[1], name)
            if kind == "told net":
                self.write("net", "insert", {"id": key, "net_id": name, "region": said[1]})
                self.nets = nets
            else:
                self.try_out("insert into net values (%s, %s, %s)", nets, hosts, key, name, said[1])
        elif kind == "lost net" and nets.pop(key, None) is not None:
            self.write("net", "delete", {"id": key})
            self.nets = nets
        elif kind == "without nets":
            kept = {k: v for k, v in nets.items() if k - self.base not in said[0]}
            self.try_out("delete from net where id = any (%s)", kept, hosts, [self.base + n for n in said[0]])
        elif kind == "rename" and key in nets:
            nets[key] = (nets[key][0], f"net-{self.base + said[1]}")
            self.try_out("update net set net_id = %s where id = %s", nets, hosts, nets[key][1], key)
        elif kind == "note":
            self.try_out("update net set note = 'n'; ", nets, hosts)
            self.try_out("update host set note = 'n'", nets, hosts)
        elif kind in ("host", "told host"):
            members = tuple(self.member(told) for told in said[2])
            new = key not in hosts
            hosts[key] = (said[1], members)
            if kind == "told host" and new:
                self.write("host", "insert", {"id": key, "region": said[1], "nets": list(members)})
                self.hosts = hosts
            elif kind == "host" and new:
                self.try_out("insert into host values (%s, %s, %s)", nets, hosts, key, said[1], list(members))
            elif kind == "host":
                query = "update host set region = %s, nets = %s where id = %s"
                self.try_out(query, nets, hosts, said[1], list(members), key)
        elif kind == "without host" and hosts.pop(key, None) is not None:
            self.try_out("delete from host where id = %s", nets, hosts, key)


@pytest.fixture(scope="module")
def connections(shared_database: Database) -> tuple[psycopg.Connection, psycopg.Connection, Iterator[int]]:
    """A user's connection and the writer's, and numbers for the examples."""
    shared_database.connect("iasql_engine").execute(TABLES)
    return shared_database.connect(), shared_database.connect("iasql_writer"), itertools.count(10, 10)


@on_a_database
@given(changes=st.lists(CHANGES, max_size=12))
def test_statements_are_refused_exactly_where_a_member_would_lose_its_row(
    connections: tuple[psycopg.Connection, psycopg.Connection, Iterator[int]], changes: list[tuple[Any, ...]]
) -> None:
    user, writer, bases = connections
    world = World(user, writer, base=next(bases))
    for change in changes:
        world.change(*change)
    mine = [world.base, world.base + 9]
    rows = user.execute("select id, region, net_id from net where id between %s and %s", mine).fetchall()
    assert {key: (region, name) for key, region, name in rows} == world.nets
    rows = user.execute("select id, region, nets from host where id between %s and %s", mine).fetchall()
    assert {key: (region, tuple(nets or ())) for key, region, nets in rows} == world.hosts
