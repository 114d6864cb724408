"""Approvals: a commit needs somebody who wrote none of it, and who approved this very plan."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from tests.acceptance.conftest import Sql, Stack
from tests.databases import Database

pytestmark = pytest.mark.modules("aws_sqs")

USER, APPROVER = "iasql_user", "iasql_approver"


@pytest.fixture
def queues(database: Database, sql: Sql) -> Iterator[Sql]:
    """Ann, a user and an approver both, in a database with a queue where commits need an approval."""
    sql("insert into queue (name, visibility_timeout) values ('jobs', 30)")
    sql("select * from iasql_sync()")
    sql("update iasql_setting set value = 'required' where name = 'approval'")
    for connection in database.person(USER, APPROVER, "iasql_operator"):
        yield Sql(connection)


@pytest.fixture
def bob(database: Database, queues: Sql) -> Iterator[Sql]:
    """Somebody who may approve, and nothing else."""
    for connection in database.person(APPROVER):
        yield Sql(connection)


def refuses(sql: Sql, query: str, code: str, match: str) -> str:
    """A call that fails so; its hint."""
    with pytest.raises(psycopg.Error, match=match) as caught:
        sql(query)
    assert caught.value.sqlstate == code, caught.value
    return caught.value.diag.message_hint or ""


def begin(sql: Sql, change: str) -> str:
    """Makes a change in a new transaction; its id."""
    tx = sql.one("select transaction_id from iasql_begin('longer')")["transaction_id"]
    sql(change)
    return str(tx)


def digest(sql: Sql) -> str:
    """The open transaction's plan."""
    return str(sql.one("select distinct plan_digest from iasql_preview()")["plan_digest"])


def timeout(stack: Stack) -> str:
    """What AWS has."""
    sqs = stack.client("sqs")
    url = sqs.list_queues()["QueueUrls"][0]
    found: str = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]["VisibilityTimeout"]
    return found


def test_a_commit_needs_somebody_else_s_word_on_this_very_plan(queues: Sql, bob: Sql, stack: Stack) -> None:
    tx = begin(queues, "update queue set visibility_timeout = 60")
    hint = refuses(queues, "select * from iasql_commit()", "IA001", "is not approved")
    assert f"iasql_approve('{tx}', '{digest(queues)}')" in hint
    first = digest(bob)
    # the author, also under another name, and whoever may not
    for actor in ("", "somebody.else"):
        queues("select set_config('iasql.actor', %s, false)", actor)
        refuses(queues, f"select iasql_approve('{tx}', '{first}')", "42501", "wrote part of it")
    queues("reset iasql.actor")
    refuses(bob, f"select iasql_approve('{tx}', 'other')", "IA001", "the plan is")
    assert bob("select iasql_approve(%s, %s)", tx, first)
    # a changed plan voids it, also where it becomes the same again, and where the cloud changed
    queues("update queue set visibility_timeout = 70")
    refuses(queues, "select * from iasql_commit()", "IA001", "is not approved")
    queues("update queue set visibility_timeout = 60")
    assert digest(queues) == first
    refuses(queues, "select * from iasql_commit()", "IA001", "is not approved")
    bob("select iasql_approve(%s, %s)", tx, first)
    queues("select * from iasql_commit()")
    assert timeout(stack) == "60"
    told = queues.one(
        "select change from iasql_audit_log where transaction_id = %s and change_type = 'START_COMMIT'", tx
    )
    (approver,) = told["change"]["approved_by"]
    given = queues("select \"user\", changed_by from iasql_audit_log where change_type = 'APPROVE'")
    assert given == [{"user": approver, "changed_by": approver}] * 2
    refuses(bob, f"select iasql_approve('{tx}', '{first}')", "55000", "nothing to approve")
    assert queues("select from iasql_audit_log where change_type = 'REFUSED' and message like '%%wrote part%%'") != []


def test_an_approver_who_wrote_a_part_or_opened_it_again_is_an_author(
    database: Database, queues: Sql, bob: Sql
) -> None:
    for connection in database.person(USER, APPROVER):
        both = Sql(connection)
        tx = begin(queues, "update queue set visibility_timeout = 60")
        both("insert into queue (name) values ('more')")
        plan = digest(queues)
        refuses(both, f"select iasql_approve('{tx}', '{plan}')", "42501", "wrote part of it")
        both("select * from iasql_rollback()")
        both("select * from iasql_reopen(%s)", tx)
        again = queues.one("select transaction_id from iasql_transaction where state = 'open'")["transaction_id"]
        refuses(queues, f"select iasql_approve('{again}', '{plan}')", "42501", "wrote part of it")
        queues("select * from iasql_rollback()")


def test_a_change_set_is_approved_while_it_waits(queues: Sql, bob: Sql, stack: Stack) -> None:
    begin(queues, "update queue set visibility_timeout = 60; insert into queue (name) values ('more')")
    queues("select * from iasql_stash('longer')")
    (tx, plan) = next((row["transaction_id"], row["plan_digest"]) for row in bob("select * from iasql_stashes()"))
    refuses(bob, f"select iasql_approve('{tx}', 'other')", "IA001", "its plan is")
    refuses(queues, f"select iasql_approve('{tx}', '{plan}')", "42501", "wrote part of it")
    bob("select iasql_approve(%s, %s)", tx, plan)
    assert queues.one("select distinct approved_by is not null as given from iasql_stashes()")["given"]
    queues("select * from iasql_unstash('longer')")
    queues("update queue set visibility_timeout = 61 where name = 'jobs'")
    refuses(queues, "select * from iasql_commit()", "IA001", "is not approved")
    queues("select * from iasql_rollback()")
    queues("select * from iasql_unstash('longer')")
    queues("select * from iasql_commit()")
    assert sorted(url.rpartition("/")[2] for url in stack.client("sqs").list_queues()["QueueUrls"]) == ["jobs", "more"]
    assert queues("select * from iasql_stashes()") == []


def test_an_emergency_is_listed_until_approved(queues: Sql, bob: Sql, stack: Stack) -> None:
    tx = begin(queues, "update queue set visibility_timeout = 60")
    queues("select * from iasql_commit('it burns', allow => array['unapproved'])")
    assert timeout(stack) == "60"
    row = queues.one("select transaction_id::text, message, plan_digest from iasql_unapproved")
    assert (row["transaction_id"], row["message"]) == (tx, "it burns")
    refuses(queues, f"select iasql_approve('{tx}', '{row['plan_digest']}')", "42501", "wrote part of it")
    refuses(bob, f"select iasql_approve('{tx}', 'other')", "IA001", "its plan is")
    bob("select iasql_approve(%s, %s)", tx, row["plan_digest"])
    assert queues("select * from iasql_unapproved") == []


def test_nothing_goes_around_it(queues: Sql, stack: Stack) -> None:
    refuses(queues, "update queue set visibility_timeout = 60", "42501", "not changed outside of a transaction")
    queues("update iasql_setting set value = 'optional' where name = 'approval'")
    queues("update queue set visibility_timeout = 60")
    queues("update iasql_setting set value = 'required' where name = 'approval'")
    queues("select * from iasql_sync()")
    assert timeout(stack) == "30"
    assert (
        queues.one("select reason from iasql_conflict")["reason"]
        == "the setting approval is required: it waits for the next commit"
    )
    queues("select * from iasql_begin()")
    assert [row["action"] for row in queues("select * from iasql_preview()")] == ["update"]
    refuses(queues, "select * from iasql_commit()", "IA001", "is not approved")


def test_who_may_only_approve_is_told_and_heard(queues: Sql, bob: Sql) -> None:
    """The modules that there are, and in the log what he tried."""
    assert "aws_sqs" in {row["module_name"] for row in bob("select module_name from iasql_modules_list()")}
    refuses(bob, "select iasql_approve(gen_random_uuid(), 'x')", "22023", "an approval names")
    tx = begin(queues, "update queue set visibility_timeout = 60")
    plan = digest(queues)
    queues("select * from iasql_stash('longer')")
    refuses(bob, f"select iasql_approve('{tx}', 'other')", "IA001", "its plan is")
    logged = queues(
        "select change, changed_by from iasql_audit_log where change_type = 'REFUSED' order by id desc limit 1"
    )
    assert [(row["change"]["operation"], row["changed_by"]) for row in logged] == [
        ("approve", bob.connection.info.user)
    ]
    assert bob("select iasql_approve(%s, %s)", tx, plan)
