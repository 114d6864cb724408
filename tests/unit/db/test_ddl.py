"""The SQL of a table, told by its declaration."""

from __future__ import annotations

import pytest

from iasql.db.ddl import create_tables, drop_tables
from iasql.modules import discover
from iasql.resource import Region, Resource, column, local, ref, region, row, secret
from tests.snapshots import assert_kept

RESOURCES = {r.table: r for module in discover().values() for r in module.resources}


def text(resource: Resource) -> str:
    """What makes and drops a table, without the comments, whose words are botocore's."""
    made = [s.as_string() for s in create_tables([resource], RESOURCES, "public")]
    dropped = [s.as_string() for s in drop_tables([resource], RESOURCES, "public")]
    kept = [s for s in made + dropped if not s.startswith("comment on")]
    return ";\n".join(kept) + ";\n"


@pytest.mark.parametrize("table", RESOURCES)
def test_ddl(table: str) -> None:
    assert_kept(f"ddl/{table}.sql", text(RESOURCES[table]))


@row
class Egg:
    """One half of a circle."""

    hen_id: int | None = ref("hen")
    note: str | None = local(default="it's")
    token: str | None = secret(role="local")


@row
class Hen:
    """The other half."""

    egg_id: int | None = ref("egg", on_delete="set null")
    region: Region = region()
    clever_name: str | None = column(default='a"b')


CIRCLE = {"hen": Resource(Hen), "egg": Resource(Egg)}


def test_tables_may_refer_to_each_other() -> None:
    made = [s.as_string().split("(")[0].strip() for s in create_tables(CIRCLE.values(), CIRCLE, "public")]
    assert made[:2] == ['create table "public"."hen"', 'create table "public"."egg"']
    assert any(s.startswith('alter table "public"."hen" add foreign key') for s in made[2:])
    assert drop_tables(CIRCLE.values(), CIRCLE, "public")[2].as_string() == 'drop table "public"."hen", "public"."egg"'


def test_no_schema_is_hard_coded_and_every_name_is_quoted() -> None:
    statements = [s.as_string() for s in create_tables(CIRCLE.values(), CIRCLE, 'an "odd" one')]
    assert not any("public" in statement for statement in statements)
    assert all('"an ""odd"" one"' in statement for statement in statements)


def test_defaults_are_literals() -> None:
    made = create_tables([CIRCLE["egg"]], CIRCLE, "public")[0].as_string()
    assert "default 'it''s'" in made


def test_secrets_are_masked_and_region_is_not_part_of_a_key_without_one_on_both_sides() -> None:
    statements = [s.as_string() for s in create_tables([CIRCLE["egg"]], CIRCLE, "public")]
    assert any("\"masked\" => '{token}'::text[]" in statement for statement in statements)
    assert any('foreign key ("hen_id") references "public"."hen" ("id")' in statement for statement in statements)
