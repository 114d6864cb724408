"""The declared tables against the original's: every column by its name, type and nullability, every enum by its values.

facts.tsv and enums.tsv are the original's schema.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

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


def test_every_rule_that_differs_is_of_something_declared() -> None:
    functions = {
        "default_aws_region(text)",
        "get_bucket_website_endpoint(text)",
        "certificate_request()",
        "set_user_password()",
        "deploy_service()",
        "generate_put_ecr_image_build_spec(text)",
        "tags",
        "invoke_*",
        "check_service_subnets()",
        "sync_ecs_simplified()",
        "iasql_audit()",
        "maybe_commit()",
        "query_cron()",
        "try_cast()",
        "subscribe()",
        "confirm_subscription()",
        "unsubscribe()",
    }
    known = {table for _, table in RESOURCES} | functions
    named = {part.partition(".")[0] if "(" not in part else part for names in RULES for part in names.split(", ")}
    assert named <= known


@pytest.mark.parametrize("name", ENUMS)
def test_enums_have_the_values(name: str) -> None:
    kinds = [c.kind for resource in RESOURCES.values() for c in resource.declared if c.kind.sql == name]
    # several tables may use one type
    assert {tuple(sorted(kind.values)) for kind in kinds if isinstance(kind, Enum)} == {
        tuple(sorted((*ENUMS[name], *VALUES.get(name, ()))))
    }
