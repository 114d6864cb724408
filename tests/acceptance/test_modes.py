"""Modes and settings: who wins where, and what happens to a change made outside of a transaction."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from iasql.db.roles import create_database, drop_database
from tests.acceptance.conftest import Sql, Stack
from tests.databases import Database

pytestmark = pytest.mark.modules("aws_sqs")

DENIED = psycopg.errors.InsufficientPrivilege


@pytest.fixture
def queues(sql: Sql) -> Sql:
    """A database with one queue, jobs, which AWS has too; in one region."""
    sql("insert into queue (name) values ('jobs')")
    sql("select * from iasql_sync()")
    return sql


def in_cloud(stack: Stack) -> set[str]:
    urls = stack.client("sqs").list_queues().get("QueueUrls", [])
    return {url.rpartition("/")[2] for url in urls}


def change_in_cloud(stack: Stack, **attributes: str) -> None:
    """Somebody changes the queue jobs in the console."""
    sqs = stack.client("sqs")
    sqs.set_queue_attributes(QueueUrl=sqs.get_queue_url(QueueName="jobs")["QueueUrl"], Attributes=attributes)


def of_cloud(stack: Stack) -> tuple[str, str]:
    """Visibility timeout and delay of the queue jobs in AWS."""
    sqs = stack.client("sqs")
    found = sqs.get_queue_attributes(QueueUrl=sqs.get_queue_url(QueueName="jobs")["QueueUrl"], AttributeNames=["All"])
    return found["Attributes"]["VisibilityTimeout"], found["Attributes"]["DelaySeconds"]


def setting(sql: Sql, name: str, value: str) -> None:
    sql("update iasql_setting set value = %s where name = %s", value, name)


def mode(sql: Sql, name: str, table: str | None = None, column: str | None = None) -> None:
    sql("insert into iasql_mode (table_name, column_name, mode) values (%s, %s, %s)", table, column, name)


def shown(sql: Sql) -> dict[str, Any]:
    return sql.one("select visibility_timeout, delay_seconds from queue where name = 'jobs'")


# TRACK --------------------------------------------------------------------------------------------------------------


def test_track_refuses_writes_by_table_and_by_column(queues: Sql, stack: Stack) -> None:
    mode(queues, "TRACK", "queue", "delay_seconds")
    with pytest.raises(DENIED, match=r"queue .* only follows the cloud: delay_seconds"):
        queues("update queue set delay_seconds = 3")
    queues("update queue set visibility_timeout = 60")
    queues("select * from iasql_sync()")
    assert of_cloud(stack) == ("60", "0")
    mode(queues, "TRACK", "queue")
    with pytest.raises(DENIED, match=r"queue .* only follows the cloud"):
        queues("delete from queue")
    queues("select * from iasql_begin()")
    with pytest.raises(DENIED, match=r"queue .* only follows the cloud"):
        queues("insert into queue (name) values ('mine')")
    queues("select * from iasql_rollback()")
    queues("update aws_regions set is_enabled = true where region = 'us-west-2'")


def test_the_most_specific_mode_wins(queues: Sql, stack: Stack) -> None:
    mode(queues, "TRACK")
    mode(queues, "NORMAL", "queue")
    queues("update queue set visibility_timeout = 60")
    queues("select * from iasql_sync()")
    assert of_cloud(stack) == ("60", "0")


def test_what_was_pending_when_track_came_gives_way(queues: Sql, stack: Stack) -> None:
    queues("update queue set visibility_timeout = 60")
    queues("insert into queue (name) values ('mine')")
    mode(queues, "TRACK")
    queues("select * from iasql_sync()")
    assert queues("select name, visibility_timeout from queue") == [{"name": "jobs", "visibility_timeout": 30}]
    assert of_cloud(stack) == ("30", "0")
    assert in_cloud(stack) == {"jobs"}


# ENFORCE ------------------------------------------------------------------------------------------------------------


def test_enforce_puts_back_what_drifted_and_refresh_leaves_it(queues: Sql, stack: Stack) -> None:
    mode(queues, "ENFORCE", "queue")
    change_in_cloud(stack, VisibilityTimeout="99")
    queues("select * from iasql_refresh()")
    assert shown(queues)["visibility_timeout"] == 30
    assert of_cloud(stack)[0] == "99"
    rows = queues("select action, table_name, side from iasql_sync()")
    assert rows == [{"action": "update", "table_name": "queue", "side": "cloud"}]
    assert of_cloud(stack)[0] == "30"
    assert queues("select * from iasql_sync()") == []


def test_enforce_makes_again_what_was_deleted_and_deletes_nothing(queues: Sql, stack: Stack) -> None:
    mode(queues, "ENFORCE", "queue")
    sqs = stack.client("sqs")
    sqs.delete_queue(QueueUrl=sqs.get_queue_url(QueueName="jobs")["QueueUrl"])
    sqs.create_queue(QueueName="theirs")
    queues("select * from iasql_refresh()")
    assert {row["name"] for row in queues("select name from queue")} == {"jobs", "theirs"}
    queues("select * from iasql_sync()")
    assert in_cloud(stack) == {"jobs", "theirs"}
    assert queues("select * from iasql_sync()") == []


def test_enforce_of_one_column_leaves_the_others_to_the_cloud(queues: Sql, stack: Stack) -> None:
    mode(queues, "ENFORCE", "queue", "visibility_timeout")
    change_in_cloud(stack, VisibilityTimeout="99", DelaySeconds="7")
    queues("select * from iasql_sync()")
    assert shown(queues) == {"visibility_timeout": 30, "delay_seconds": 7}
    assert of_cloud(stack) == ("30", "7")


def test_enforce_knows_no_conflict(queues: Sql, stack: Stack) -> None:
    mode(queues, "ENFORCE", "queue")
    change_in_cloud(stack, VisibilityTimeout="99")
    queues("select * from iasql_begin()")
    queues("update queue set visibility_timeout = 60")
    assert [row["action"] for row in queues("select * from iasql_preview()")] == ["update"]
    queues("select * from iasql_commit()")
    assert of_cloud(stack)[0] == "60"


def test_enforce_lets_users_delete(queues: Sql, stack: Stack) -> None:
    mode(queues, "ENFORCE", "queue")
    queues("delete from queue")
    queues("select * from iasql_sync()")
    assert in_cloud(stack) == set()
    assert queues("select * from queue") == []


# PROTECT ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("change", ["delete from queue", "update queue set name = 'renamed'"])
def test_protect_refuses_deletion_and_replacement_also_with_force(queues: Sql, stack: Stack, change: str) -> None:
    queues("insert into iasql_mode (table_name, key, mode) values ('queue', '{\"id\": 1}', 'PROTECT')")
    queues("select * from iasql_begin()")
    queues(change)
    (row,) = queues("select conflict from iasql_preview()")
    assert "PROTECT" in str(row["conflict"])
    for terms in ("", "force => true", "force => true, allow => array['destroys_data', 'mass_delete', 'replaces']"):
        with pytest.raises(psycopg.Error, match=r"queue 1: cannot (delete|replace): iasql_mode says PROTECT") as caught:
            queues(f"select * from iasql_commit({terms})")
        assert caught.value.sqlstate == "IA001"
    assert queues.one("select count(*) from iasql_transaction where state = 'open'")["count"] == 1
    queues("select * from iasql_rollback()")
    queues("update queue set visibility_timeout = 60")
    queues("select * from iasql_sync()")
    assert of_cloud(stack)[0] == "60"


def test_protect_holds_a_deletion_in_automatic_mode(queues: Sql, stack: Stack) -> None:
    mode(queues, "PROTECT")
    queues("delete from queue")
    for _ in range(2):
        queues("select * from iasql_sync()")
    assert in_cloud(stack) == {"jobs"}
    (row,) = queues("select table_name, kind, reason from iasql_conflict")
    assert (row["table_name"], row["kind"]) == ("queue", "refused")
    assert "iasql_mode says PROTECT" in row["reason"]
    queues("delete from iasql_mode")
    queues("select * from iasql_sync()")
    assert in_cloud(stack) == set()
    assert queues("select * from iasql_conflict") == []


# settings -----------------------------------------------------------------------------------------------------------


def test_outside_changes_held_until_a_commit(queues: Sql, stack: Stack) -> None:
    setting(queues, "outside_transaction", "hold")
    queues("update queue set visibility_timeout = 60")
    queues("insert into queue (name) values ('held')")
    for _ in range(2):
        queues("select * from iasql_sync()")
    assert of_cloud(stack)[0] == "30"
    assert in_cloud(stack) == {"jobs"}
    assert shown(queues)["visibility_timeout"] == 60
    rows = queues("select kind, reason from iasql_conflict order by key")
    assert [row["kind"] for row in rows] == ["held", "held"]
    assert "outside_transaction is hold" in rows[0]["reason"]
    queues("select * from iasql_begin()")
    queues("update queue set delay_seconds = 5 where name = 'jobs'")
    assert sorted(row["action"] for row in queues("select * from iasql_preview()")) == ["create", "update"]
    queues("select * from iasql_commit()")
    assert of_cloud(stack) == ("60", "5")
    assert in_cloud(stack) == {"jobs", "held"}
    assert queues("select * from iasql_conflict") == []


def test_what_was_held_goes_with_the_next_tick_once_it_may(queues: Sql, stack: Stack) -> None:
    setting(queues, "outside_transaction", "hold")
    queues("update queue set visibility_timeout = 60")
    queues("select * from iasql_sync()")
    setting(queues, "outside_transaction", "push")
    queues("select * from iasql_sync()")
    assert of_cloud(stack)[0] == "60"


def test_outside_changes_refused(queues: Sql) -> None:
    setting(queues, "outside_transaction", "refuse")
    with pytest.raises(DENIED, match="queue is not changed outside of a transaction here") as caught:
        queues("update queue set visibility_timeout = 60")
    assert "iasql_begin()" in (caught.value.diag.message_hint or "")
    queues("select * from iasql_begin()")
    queues("update queue set visibility_timeout = 60")
    queues("select * from iasql_commit()")
    assert shown(queues)["visibility_timeout"] == 60
    assert queues("select * from iasql_sync()") == []  # the engine's own writes are exempt


def test_a_required_message(queues: Sql, stack: Stack) -> None:
    setting(queues, "commit_message", "required")
    with pytest.raises(DENIED, match="not changed outside of a transaction") as refused:
        queues("update queue set visibility_timeout = 60")
    assert "commit_message is required" in (refused.value.diag.message_hint or "")
    queues("select * from iasql_begin()")
    queues("update queue set visibility_timeout = 60")
    with pytest.raises(psycopg.Error, match="a commit needs a message here") as caught:
        queues("select * from iasql_commit()")
    assert caught.value.sqlstate == "IA001"
    queues("select * from iasql_commit('why')")
    assert of_cloud(stack)[0] == "60"
    queues("select * from iasql_begin('said at once')")
    queues("update queue set visibility_timeout = 61")
    queues("select * from iasql_commit()")
    assert of_cloud(stack)[0] == "61"
    setting(queues, "commit_message", "optional")
    queues("update queue set visibility_timeout = 62")


def test_truncate_and_delete_all_records_need_a_transaction(queues: Sql) -> None:
    for statement in ("truncate queue", "select delete_all_records()"):
        with pytest.raises(psycopg.Error, match="transaction"):
            queues(statement)
    assert queues("select name from queue") == [{"name": "jobs"}]
    setting(queues, "truncate_outside_transaction", "allow")
    queues("truncate queue")
    assert queues("select name from queue") == []


def test_settings_take_only_what_is_allowed_and_are_logged(queues: Sql) -> None:
    with pytest.raises(psycopg.errors.CheckViolation):
        setting(queues, "outside_transaction", "sometimes")
    with pytest.raises(DENIED):
        queues("insert into iasql_setting (name, value, allowed, description) values ('x', '1', '.*', '')")
    setting(queues, "mass_delete_rows", "5")
    (row,) = queues("select change, changed_by from iasql_audit_log where table_name = 'iasql_setting'")
    assert row["change"]["change"] == {"value": "5"}
    assert row["changed_by"] == "iasql"


def test_freshness(queues: Sql, stack: Stack) -> None:
    row = queues.one(
        "select region, last_ok is not null as known, error from iasql_freshness where table_name = 'queue'"
    )
    assert row == {"region": "us-east-1", "known": True, "error": None}


# copies -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def copy(queues: Sql, stack: Stack, database: Database) -> Iterator[tuple[Stack, Sql]]:
    """A clone of a database that has pending changes, with an engine of its own."""
    queues("update queue set visibility_timeout = 60")
    stack.stop()
    for connection in stack.connections:
        connection.close()
    name = f"iasql_test_{secrets.token_hex(6)}"
    with database.server.admin() as admin:
        create_database(admin, name, database.name)
        found = Stack(address=stack.address, database=name, endpoint=stack.endpoint)
        found.start()
        try:
            yield found, Sql(found.connect())
        finally:
            for connection in found.connections:
                connection.close()
            found.stop()
            drop_database(admin, name)


def test_a_copy_pushes_nothing_until_it_is_confirmed(copy: tuple[Stack, Sql]) -> None:
    stack, sql = copy
    notices: list[str] = []
    sql.connection.add_notice_handler(lambda told: notices.append(told.message_primary or ""))
    change_in_cloud(stack, DelaySeconds="7")
    sql("select * from iasql_sync()")
    assert of_cloud(stack) == ("30", "7")
    assert shown(sql) == {"visibility_timeout": 60, "delay_seconds": 7}
    assert any(
        "this database is a copy of iasql_test_" in told and "iasql_confirm_database()" in told for told in notices
    )
    sql("select * from iasql_begin()")
    sql("insert into queue (name) values ('new')")
    assert [row["action"] for row in sql("select * from iasql_preview()")] == ["create"]
    with pytest.raises(psycopg.Error, match="this database is a copy of iasql_test_") as caught:
        sql("select * from iasql_commit()")
    assert caught.value.sqlstate == "IA001"
    assert "iasql_confirm_database()" in (caught.value.diag.message_hint or "")
    assert in_cloud(stack) == {"jobs"}
    told = sql.one("select * from iasql_confirm_database()")
    assert "pushes changes to the cloud from now on" in told["message"]
    sql("select * from iasql_commit()")
    assert in_cloud(stack) == {"jobs", "new"}
    sql("select * from iasql_sync()")
    assert of_cloud(stack) == ("60", "7")
    assert sql.one("select copied_from from iasql_confirm_database()")["copied_from"] is None


def test_the_first_database_is_at_home_after_a_restart(queues: Sql, stack: Stack) -> None:
    stack.stop()
    stack.start()
    queues("update queue set visibility_timeout = 60")
    queues("select * from iasql_sync()")
    assert of_cloud(stack)[0] == "60"
