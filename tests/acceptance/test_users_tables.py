"""Tables of the user's own beside ours: they may refer to ours, and nothing of ours changes them."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from tests.acceptance.conftest import Sql, Stack, look_at_one_region


@pytest.fixture
def buckets(sql: Sql, stack: Stack) -> Sql:
    """A database that follows buckets, with two that somebody else made."""
    for name in ("mine-1", "mine-2"):
        stack.client("s3").create_bucket(Bucket=name)
    look_at_one_region(sql, "aws_s3")
    return sql


def delete_both_elsewhere(stack: Stack) -> None:
    for name in ("mine-1", "mine-2"):
        stack.client("s3").delete_bucket(Bucket=name)


def conflicts(sql: Sql) -> list[dict[str, Any]]:
    return sql("select table_name, key, kind, reason from iasql_conflict")


@pytest.mark.parametrize("action", ["no action", "cascade", "set null", "set default"])
def test_a_deletion_that_a_users_key_prevents_is_reported_and_the_rest_goes_on(
    buckets: Sql, stack: Stack, action: str
) -> None:
    buckets(f"create table report (id int primary key, bucket varchar references bucket (name) on delete {action})")
    buckets("insert into report values (1, 'mine-1')")
    delete_both_elsewhere(stack)
    buckets("select * from iasql_sync()")
    assert [row["name"] for row in buckets("select name from bucket")] == ["mine-1"]
    assert buckets("select * from report") == [{"id": 1, "bucket": "mine-1"}]
    (conflict,) = conflicts(buckets)
    assert (conflict["table_name"], conflict["key"]) == ("bucket", {"name": "mine-1"})
    assert "report" in conflict["reason"]
    assert "report_bucket_fkey" in conflict["reason"]

    buckets("delete from report")
    buckets("select * from iasql_sync()")
    assert buckets("select name from bucket") == []
    assert conflicts(buckets) == []


def test_a_rollback_does_not_carry_a_users_rows_along(buckets: Sql) -> None:
    buckets("create table report (id int primary key, bucket varchar references bucket (name) on delete cascade)")
    buckets("select * from iasql_begin()")
    buckets("insert into bucket (name) values ('new-one')")
    buckets("insert into report values (1, 'new-one')")
    with pytest.raises(psycopg.Error, match=r"report_bucket_fkey|report"):
        buckets("select * from iasql_rollback()")
    assert buckets("select * from report") == [{"id": 1, "bucket": "new-one"}]
    buckets("delete from report")
    buckets("select * from iasql_rollback()")
    assert buckets("select name from bucket order by 1") == [{"name": "mine-1"}, {"name": "mine-2"}]


def test_a_users_trigger_runs_without_the_engines_power(buckets: Sql, stack: Stack) -> None:
    buckets("create table seen (who text, name text)")
    buckets("grant insert on seen to iasql_writer")
    buckets(
        "create function note() returns trigger language plpgsql as $$ begin"
        " insert into public.seen values (current_user, new.name); return null; end $$"
    )
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        # only the owner of a table adds triggers, and users do not own ours
        buckets("create trigger note after insert on bucket for each row execute function note()")
    stack.client("s3").create_bucket(Bucket="mine-3")
    buckets("select * from iasql_sync()")
    assert [row["name"] for row in buckets("select name from bucket order by 1")][-1] == "mine-3"


def test_a_module_whose_tables_a_users_object_needs_is_not_uninstalled(buckets: Sql) -> None:
    buckets("create view names as select name from bucket")
    with pytest.raises(psycopg.Error, match="names"):
        buckets("select * from iasql_uninstall('aws_s3')")
    assert len(buckets("select * from names")) == 2
    buckets("drop view names")
    dropped = buckets("select * from iasql_uninstall('aws_s3')")
    assert ("aws_s3", "bucket", 2) in {(r["module_name"], r["dropped_table_name"], r["record_count"]) for r in dropped}
    buckets("select * from iasql_install('aws_s3')")
    assert len(buckets("select * from bucket")) == 2


def test_a_table_of_that_name_is_named_and_nothing_changes(sql: Sql) -> None:
    sql("create table queue (mine int)")
    with pytest.raises(psycopg.Error, match=r"Module aws_sqs collides with tables: queue"):
        sql("select * from iasql_install('aws_sqs')")
    assert sql("select * from iasql_modules_installed() where module_name like 'aws%%'") == []
    assert sql("select * from queue") == []
