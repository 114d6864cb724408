"""What the table of coverage says is so: long declarations are explained, and what is tested apart is in a test."""

from __future__ import annotations

from pathlib import Path

import pytest

from iasql.modules import discover
from property_tests.account.lacks import LOSES, MISSING, NOTHING, WITHOUT
from property_tests.account.verbs import APART, HAPPENS, STUB
from tests.declarations import coverage

HERE = Path(__file__).parent
FOUND = dict(coverage.verbs())


def test_every_long_declaration_is_explained_and_no_other() -> None:
    declared = [resource for module in discover().values() for resource in module.resources]
    assert {r.table for r in declared if coverage.lines_of(r) > coverage.MOST} == set(coverage.LONG)


def test_every_table_is_in_it() -> None:
    assert set(FOUND) == {r.table for m in discover().values() for r in m.resources if r.service or r.host}
    assert all(set(row) == {*HAPPENS, "refused"} for row in FOUND.values())


@pytest.mark.parametrize("table", sorted({*MISSING, *NOTHING, *LOSES, *(table for table, _ in WITHOUT)}))
def test_what_is_tested_apart_or_by_a_stub_is_in_a_test(table: str) -> None:
    assert {APART, STUB} & set(FOUND[table].values())
    named = [file.name for file in HERE.glob("test_round_trip*.py") if f'"{table}"' in file.read_text()]
    assert named
