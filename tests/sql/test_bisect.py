"""iasql_bisect: the transaction after which a query first returned rows; and the page for a review."""

from __future__ import annotations

import psycopg
import pytest

from tests.databases import Database
from tests.sql.conftest import begin, one
from tests.sql.test_history import now
from tests.sql.test_restore import commit

pytestmark = pytest.mark.usefixtures("tables")


@pytest.mark.parametrize("guilty", range(7))
def test_it_names_the_transaction(user: psycopg.Connection, engine: psycopg.Connection, guilty: int) -> None:
    user.execute("insert into zone values ('a', 'good')")
    since = now(user)
    found = []
    for number in range(7):
        tx = begin(user, f"number {number}")
        user.execute("insert into zone values (%s)", [f"noise {number}"])
        if number == guilty:
            user.execute("update zone set note = 'bad' where name = 'a'")
        commit(engine, tx)
        found.append(tx)
    query = "select z.name from zone z where note = 'bad' -- a comment"
    row = user.execute("select * from iasql_bisect(%s, %s)", [query, since]).fetchone()
    assert row is not None
    assert (str(row[0]), *row[2:]) == (found[guilty], "iasql", f"number {guilty}")


def test_what_it_answers_elsewhere(user: psycopg.Connection) -> None:
    since = now(user)
    user.execute("insert into zone values ('a')")
    assert user.execute("select * from iasql_bisect('select from zone where false', %s)", [since]).fetchall() == []
    assert user.execute("select * from iasql_bisect('select 1 where false', now())").fetchall() == []
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="at the beginning already"):
        user.execute("select * from iasql_bisect('select from zone', now())")
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="at the beginning already"):
        user.execute("select * from iasql_bisect('select from public.zone', %s)", [since])
    assert one(user, "select count(*) from zone") == 1
    assert one(user, "show search_path") == "public"


def test_it_has_the_rights_of_the_caller_and_writes_nothing(database: Database, user: psycopg.Connection) -> None:
    user.execute("insert into zone values ('a'); create table mine (a int)")
    for statement in ("delete from zone", "with d as (delete from public.zone returning 1) select from d"):
        with pytest.raises(psycopg.Error):
            user.execute("select * from iasql_bisect(%s, now())", [statement])
    for auditor in database.person("iasql_auditor"):
        assert auditor.execute("select * from iasql_bisect('select from zone where false', now())").fetchall() == []
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            auditor.execute("select * from iasql_bisect('select from mine', now())")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        user.execute("select * from iasql_bisect('select from iasql.vault', now())")
    assert one(user, "select count(*) from zone") == 1


def test_a_review(user: psycopg.Connection) -> None:
    with pytest.raises(psycopg.Error, match="iasql_begin"):
        user.execute("select * from iasql_create_review('x', 'y')")
    tx = begin(user, "why")
    user.execute("insert into zone values ('a', 'x | y')")
    page = one(user, "select markdown from iasql_create_review(description => 'Two words')")
    assert page.startswith(f"# why\n\nTwo words\n\nTransaction `{tx}`, opened by iasql.\n")
    assert "| create | zone | a |" in page
    assert "x \\| y" in page
    assert "```sql\ninsert into public.zone (name, note) values ('a', 'x | y');\n```" in page
