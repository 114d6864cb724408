"""Wrong calls and wrong values: each gets an error that says what, where and what is allowed, and loses nothing."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import psycopg
import pytest
import sqlalchemy

from iasql.server.binaries import psql
from tests.acceptance.conftest import Sql, Stack


@pytest.fixture
def account(sql: Sql) -> Sql:
    """A database that knows the account's regions and reads one of them."""
    sql("select * from iasql_install('aws_account')")
    sql("update aws_regions set is_enabled = false where region <> 'us-east-1'")
    return sql


@pytest.fixture
def queues(account: Sql) -> Sql:
    """The same with queues."""
    account("select * from iasql_install('aws_sqs')")
    return account


def test_psql_in_one_transaction_is_told_how(queues: Sql, stack: Stack) -> None:
    queues("select * from iasql_begin()")
    command = [psql(), "-X", "-1", "-v", "ON_ERROR_STOP=1", stack.address.dsn("iasql", stack.database)]
    script = "insert into queue (name) values ('q'); select * from iasql_commit();"
    done = subprocess.run([*command, "-c", script], capture_output=True, text=True, check=False, env=os.environ)
    assert done.returncode != 0
    assert "not with -1" in done.stderr
    assert queues("select * from queue") == []


def test_psycopgs_default_is_told_how(queues: Sql, stack: Stack) -> None:
    queues("select * from iasql_begin()")
    with psycopg.connect(stack.address.dsn("iasql", stack.database)) as connection:
        connection.execute("insert into queue (name) values ('q')")
        with pytest.raises(psycopg.errors.ActiveSqlTransaction) as told:
            connection.execute("select * from iasql_commit()")
        assert "autocommit=True" in (told.value.diag.message_hint or "")
    assert queues("select * from queue") == []


def test_sqlalchemy_is_told_how(queues: Sql, stack: Stack) -> None:
    queues("select * from iasql_begin()")
    dsn = stack.address.dsn("iasql", stack.database).replace("postgresql://", "postgresql+psycopg://")
    engine = sqlalchemy.create_engine(dsn)
    try:
        with engine.connect() as connection:
            connection.execute(sqlalchemy.text("insert into queue (name) values ('q')"))
            with pytest.raises(sqlalchemy.exc.DBAPIError, match="uncommitted changes") as told:
                connection.execute(sqlalchemy.text("select * from iasql_commit()"))
            assert isinstance(told.value.orig, psycopg.Error)
            assert 'isolation_level="AUTOCOMMIT"' in (told.value.orig.diag.message_hint or "")
    finally:
        engine.dispose()
    assert queues("select * from queue") == []


def test_a_begin_inside_of_a_block_does_not_outlive_it(queues: Sql, stack: Stack) -> None:
    with psycopg.connect(stack.address.dsn("iasql", stack.database)) as connection:
        connection.execute("select * from iasql_begin()")
        with pytest.raises(psycopg.Error):
            connection.execute("insert into queue (name) values ('q')")
            connection.commit()
        connection.rollback()
    assert queues("select * from iasql_transaction where state = 'open'") == []


def test_an_unknown_region_changes_nothing(account: Sql) -> None:
    account("update aws_regions set is_enabled = true where region = 'eu-west-1'")
    account("select default_aws_region('eu-west-1')")
    with pytest.raises(psycopg.Error, match="us-moon-1") as told:
        account("select default_aws_region('us-moon-1')")
    assert "eu-west-1" in (told.value.diag.message_detail or "")
    assert account.one("select default_aws_region() r") == {"r": "eu-west-1"}


def test_an_unknown_table_is_named(queues: Sql) -> None:
    with pytest.raises(psycopg.Error, match="bucket"):
        queues("select * from iasql_refresh(array['bucket'])")


@pytest.mark.parametrize(
    ("assignment", "expected"),
    [
        ("visibility_timeout = 99999999", r"queue \d+.*: visibility_timeout"),
        ("name = 'what is this'", r"queue \d+.*: name"),
    ],
)
def test_a_value_that_aws_refuses_is_named_before_any_call(queues: Sql, assignment: str, expected: str) -> None:
    queues("insert into queue (name) values ('fine')")
    queues("select * from iasql_sync()")
    queues("select * from iasql_begin()")
    queues(f"update queue set {assignment}")
    assert queues("select conflict from iasql_preview()")[0]["conflict"]["refused"]
    with pytest.raises(psycopg.Error, match=expected) as told:
        queues("select * from iasql_commit()")
    assert told.value.sqlstate == "IA001"
    assert queues.one("select cloud_calls from iasql_transaction where state = 'open'") == {"cloud_calls": 0}
    queues("select * from iasql_rollback()")


def test_without_credentials_a_commit_says_so_and_nothing_is_lost(
    queues: Sql, stack: Stack, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    stack.stop()
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    stack.start()
    queues("select * from iasql_begin()")
    queues("insert into queue (name) values ('q')")
    with pytest.raises(psycopg.Error, match=r"No usable AWS credentials") as told:
        queues("select * from iasql_commit()")
    assert told.value.sqlstate == "IA005"
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    assert stack.client("sqs").list_queues().get("QueueUrls", []) == []
    assert queues.one("select count(*) from iasql_transaction where state = 'open'") == {"count": 1}
    assert queues.one("select count(*) from queue") == {"count": 1}


def test_credentials_of_the_table_are_used_and_never_shown(
    account: Sql, stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    account("insert into aws_credentials (access_key_id, secret_access_key) values ('AKIATABLE', 'the-secret-of-it')")
    assert account.one("select secret_access_key from aws_credentials") == {"secret_access_key": "********"}
    stack.stop()
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    stack.start()
    account("select * from iasql_install('aws_sqs')")
    account("insert into queue (name) values ('q')")
    account("select * from iasql_sync()")
    assert account.one("select arn is not null ok from queue") == {"ok": True}
    shown = account("select l::text t from iasql_audit_log l")
    assert not [row for row in shown if "the-secret-of-it" in row["t"]]


def test_a_secret_in_a_row_that_violates_a_constraint_is_not_printed(account: Sql) -> None:
    account("insert into aws_credentials (id, access_key_id, secret_access_key) values (1, 'AKIA', 'first-secret')")
    with pytest.raises(psycopg.Error) as told:
        account("insert into aws_credentials (id, access_key_id, secret_access_key) values (1, 'AKIA', 'hush-hush')")
    assert "hush-hush" not in str(told.value)
    assert "hush-hush" not in (told.value.diag.message_detail or "")


def test_the_log_and_the_lists_of_modules_are_read_only(account: Sql) -> None:
    for table in ("iasql_audit_log", "iasql_module", "iasql_dependencies", "iasql_tables"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            account(f"delete from {table}")
