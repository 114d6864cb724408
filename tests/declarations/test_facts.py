"""The declared tables against the original's: every column by its name, type and nullability, every enum by its values,
every function by its name.

facts.tsv and enums.tsv are the original's schema, functions.tsv the functions of its modules.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import iasql
from docs.pages.differences import COLUMNS, RULES, VALUES
from iasql.modules import discover
from iasql.resource import Column, Enum, Resource

HERE = Path(__file__).parent
BECAME = {
    "json": "jsonb",
    "timestamp without time zone": "timestamp with time zone",
    "character varying[]": "text[]",
}
RESOURCES: dict[tuple[str, str], Resource] = {
    (module.name, resource.table): resource for module in discover().values() for resource in module.resources
}


def lines(name: str) -> list[dict[str, str]]:
    with (HERE / name).open(newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


FACTS = lines("facts.tsv")
ENUMS = {fact["enum"]: tuple(fact["values"].split(", ")) for fact in lines("enums.tsv")}


def declared(fact: dict[str, str]) -> Column | None:
    resource = RESOURCES.get((fact["module"], fact["table"]))
    return next((c for c in resource.declared if c.name == fact["column"]), None) if resource else None


def sql_type(column: Column) -> str:
    return f"enum {column.kind.sql}" if isinstance(column.kind, Enum) else column.kind.sql


def name_of(fact: dict[str, str]) -> str:
    return f"{fact['table']}.{fact['column']}"


def differing() -> Iterator[str]:
    for fact in FACTS:
        column = declared(fact)
        assert column is not None, name_of(fact)
        as_before = sql_type(column) == BECAME.get(fact["type"], fact["type"])
        if not as_before or column.optional != (fact["nullable"] == "yes"):
            yield name_of(fact)


def test_every_module_of_the_original_is_there() -> None:
    assert {fact["module"] for fact in lines("facts.tsv")} <= set(discover())


@pytest.mark.parametrize("table", sorted({fact["table"] for fact in FACTS}))
def test_every_column_is_declared(table: str) -> None:
    assert [name_of(fact) for fact in FACTS if fact["table"] == table and declared(fact) is None] == []


def test_every_difference_is_said_and_every_one_said_is_there() -> None:
    assert sorted(differing()) == sorted(COLUMNS)


def functions() -> set[str]:
    """The names of all SQL functions that come with the modules and the platform."""
    found = {function.name for module in discover().values() for function in module.functions}
    found |= {resource.fixed.guard for resource in RESOURCES.values() if resource.fixed}
    texts = (file.read_text() for file in Path(iasql.__file__).parent.rglob("*.sql"))
    return found.union(*(re.findall(r"create (?:or replace )?function (?:\w+\.)?(\w+)", text) for text in texts))


def test_every_function_is_there_or_said_to_be_gone() -> None:
    gone = {
        part.partition("(")[0]
        for names in RULES
        if RULES[names].startswith("They are gone")
        for part in names.split(", ")
    }
    wanted = {fact["function"] for fact in lines("functions.tsv")}
    assert wanted - functions() == gone


def test_every_rule_that_differs_is_of_something_declared() -> None:
    known = {table for _, table in RESOURCES} | {fact["function"] for fact in lines("functions.tsv")}
    named = {re.split(r"[.(]", part)[0] for names in RULES for part in names.split(", ")}
    assert named <= known | {"tags", "invoke_*"}


@pytest.mark.parametrize("name", ENUMS)
def test_enums_have_the_values(name: str) -> None:
    kinds = [c.kind for resource in RESOURCES.values() for c in resource.declared if c.kind.sql == name]
    # several tables may use one type
    assert {tuple(sorted(kind.values)) for kind in kinds if isinstance(kind, Enum)} == {
        tuple(sorted((*ENUMS[name], *VALUES.get(name, ()))))
    }
