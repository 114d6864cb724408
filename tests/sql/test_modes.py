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


def test_a_mode_is_one_of_four(user: psycopg.Connection) -> None:
    with pytest.raises(psycopg.errors.CheckViolation, match="there is no mode WATCH") as caught:
        user.execute("insert into iasql_mode (table_name, mode) values ('team', 'WATCH')")
    assert caught.value.diag.message_hint == "Allowed: NORMAL, TRACK, ENFORCE, PROTECT."


@pytest.mark.parametrize(
    ("name", "value", "hint"),
    [
        ("commit_message", "perhaps", "Allowed: optional, required."),
        ("mass_delete_rows", "-1", "Allowed: a whole number."),
    ],
)
def test_a_setting_says_what_it_can_be(user: psycopg.Connection, name: str, value: str, hint: str) -> None:
    with pytest.raises(psycopg.errors.CheckViolation, match=f"{name} cannot be {value}") as caught:
        user.execute("update iasql_setting set value = %s where name = %s", [value, name])
    assert caught.value.diag.message_hint == hint


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("insert into team (id, name) values (9, 'new')", "it is not inserted here"),
        ("update team set name = 'other' where id = 1", "name"),
        ("delete from team where id = 1", "it is not deleted here"),
    ],
)
def test_what_only_follows_says_so(user: psycopg.Connection, change: str, said: str) -> None:
    user.execute("insert into team (id, name) values (1, 'old')")
    user.execute("insert into iasql_mode (table_name, mode) values ('team', 'TRACK')")
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match=rf"team .* only follows the cloud: {said}\n"):
        user.execute(change.encode())
