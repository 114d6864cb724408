"""Modes are for tables, rows and columns that there are."""

from __future__ import annotations

import psycopg
import pytest

pytestmark = pytest.mark.usefixtures("tables")


def test_modes_are_for_what_there_is(user: psycopg.Connection) -> None:
    add = "insert into iasql_mode (table_name, key, column_name, mode) values (%s, %s, %s, 'PROTECT')"
    for values, code, hint in (
        (("teams", None, None), "42P01", "Did you mean: team?"),
        (("nothing_like_it", None, None), "42P01", "select * from iasql_tables"),
        (("team", None, "region_"), "42703", "Did you mean: region?"),
        (("team", '{"name": "a"}', None), "22023", "For instance '{\"id\": 1}'."),
    ):
        with pytest.raises(psycopg.Error) as caught:
            user.execute(add, values)
        assert (caught.value.sqlstate, caught.value.diag.message_hint) == (code, hint)
    user.execute(add, ("team", '{"id": 1}', "region"))
