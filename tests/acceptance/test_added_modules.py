"""Modules of users' own, in pure SQL: the one of the documentation, through the real engine."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from iasql.db import added
from iasql.engine.manifest import read
from iasql.resource import AddedModule
from tests.acceptance.conftest import Sql, Stack

FOLDER = Path(__file__).parents[2] / "docs" / "how-to" / "web_site"


@pytest.fixture
def site(sql: Sql) -> Sql:
    """The example of the documentation, looking at one region."""
    sql("select * from iasql_install('aws_account')")
    sql("update aws_regions set is_enabled = false where region <> 'us-east-1'")
    assert added.add(sql.connection, read(FOLDER)) == "web_site@1.0.0"
    return sql


def add(sql: Sql, name: str, install: str, **said: str | tuple[str, ...]) -> None:
    added.add(sql.connection, AddedModule(name=name, install=install, **said))  # type: ignore[arg-type]


def test_it_is_listed_installed_and_uninstalled_like_any_other(site: Sql, stack: Stack) -> None:
    told = site.one("select * from iasql_modules_list() where module_name = 'web_site'")
    assert (told["module_version"], [n.partition("@")[0] for n in told["dependencies"]]) == ("1.0.0", ["aws_s3"])
    s3 = stack.client("s3")
    s3.create_bucket(Bucket="there-already")
    s3.put_bucket_website(Bucket="there-already", WebsiteConfiguration={"IndexDocument": {"Suffix": "home.html"}})
    assert site("select * from iasql_install('web_site')") == [
        {"module_name": "web_site", "created_table_name": "web_site", "record_count": 1},
        *site("select module_name, created_table_name, record_count from iasql_install('aws_s3')"),
    ]
    assert site("select name, index_page from web_site") == [{"name": "there-already", "index_page": "home.html"}]
    assert site.one("select origin o from iasql_audit_log where table_name = 'web_site'") == {"o": "engine"}
    assert site.one("select * from iasql_uninstall('web_site')")["record_count"] == 1
    assert site("select from iasql_tables where module = 'web_site'") == []
    assert site("select from pg_proc where proname ~ 'web_site'") == []
    assert site("select from pg_class where relname ~ 'web_site'") == []
    assert site.one("select count(*) n from iasql_history('web_site', '{\"name\": \"there-already\"}')")["n"] > 0
    assert [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]] == ["there-already"]
    assert site("select * from iasql_install('web_site')")[0]["record_count"] == 1


def test_a_row_becomes_many_and_comes_back(site: Sql, stack: Stack) -> None:
    s3 = stack.client("s3")
    site("select * from iasql_install('web_site')")
    first = site.one("select * from iasql_begin('a site')")["transaction_id"]
    site("insert into web_site (name) values ('my-site')")
    assert {(row["action"], row["table_name"]) for row in site("select * from iasql_preview()")} == {
        ("create", "bucket"), ("create", "bucket_website"),
    }  # fmt: skip
    site("select * from iasql_commit()")
    assert s3.get_bucket_website(Bucket="my-site")["IndexDocument"] == {"Suffix": "index.html"}
    assert site.one("select endpoint from web_site")["endpoint"].startswith("my-site.s3-website")

    site("select * from iasql_begin()")
    site("delete from web_site")
    assert site.one("select count(*) n from bucket") == {"n": 0}
    site("select * from iasql_rollback()")
    assert site("select name, index_page from web_site") == [{"name": "my-site", "index_page": "index.html"}]
    assert site.one("select count(*) n from bucket_website") == {"n": 1}

    s3.put_bucket_website(Bucket="my-site", WebsiteConfiguration={"IndexDocument": {"Suffix": "home.html"}})
    site("select * from iasql_refresh()")
    assert site.one("select index_page from web_site") == {"index_page": "home.html"}
    site("select * from iasql_begin()")
    site("update web_site set index_page = 'index.html'")
    site("select * from iasql_commit()")
    assert s3.get_bucket_website(Bucket="my-site")["IndexDocument"] == {"Suffix": "index.html"}

    statements = site("select sql from iasql_get_sql_for_transaction(%s)", str(first))
    assert sorted(row["sql"].split()[2] for row in statements) == ["public.bucket", "public.bucket_website"]
    site("select * from iasql_revert(%s)", first)
    assert site("select from web_site") == []
    site("select * from iasql_commit()")
    assert s3.list_buckets()["Buckets"] == []
    assert site("select * from iasql_sync()") == []


def test_its_code_has_a_users_power_and_no_more(site: Sql) -> None:
    site("select * from iasql_install('aws_s3')")
    for statement, said in (
        ("alter table bucket add column x int", "must be owner"),
        ("create trigger t after insert on bucket execute function iasql.record()", "permission denied"),
        ("insert into iasql_audit_log (change_type) values ('AGREED')", "permission denied"),
        ("select iasql.secret('aws_credentials', '{\"id\": 1}', 'secret_access_key')", "permission denied"),
        ("set role iasql_engine", "cannot set parameter"),
        ("create table no_key (a int)", "no primary key"),
        ("create table t (a int primary key); create rule r as on insert to t do nothing", "has a rule"),
        ("create sequence numbers", "may make tables, views, functions and types"),
        ("create table bucket (a int primary key)", "already exists"),
        ("creat table x (a int)", "syntax error"),
    ):  # fmt: skip
        add(site, "bad", statement)
        with pytest.raises(psycopg.errors.InvalidParameterValue, match=f"module bad: .*{said}"):
            site("select * from iasql_install('bad')")
        assert site("select from iasql_module where name = 'bad'") == []


def test_the_rows_that_its_install_writes_are_its_installers(site: Sql) -> None:
    add(site, "first_bucket", "insert into bucket (name) values ('first')", dependencies=("aws_s3",))
    site("select * from iasql_install('first_bucket')")
    assert site.one("select origin, changed_by from iasql_audit_log where key->>'name' = 'first'") == {
        "origin": "user", "changed_by": "iasql",
    }  # fmt: skip


def test_a_module_that_fails_takes_back_what_came_along(site: Sql) -> None:
    add(site, "low", "create table low (a int primary key)")
    add(site, "high", "create table high (a int primary key); select 1/0", dependencies=("low", "aws_s3"))
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="module high: division by zero"):
        site("select * from iasql_install('high')")
    assert site("select name from iasql_module where name !~ '^iasql'") == [{"name": "aws_account"}]
    add(site, "high", "create table high (a int primary key references low)", dependencies=("low", "aws_s3"))
    site("select * from iasql_install('high')")
    with pytest.raises(psycopg.Error, match="high still depends on"):
        site("select * from iasql_uninstall('low')")
    with pytest.raises(psycopg.Error, match="module high is installed"):
        add(site, "high", "select 1")
    site("create table mine (a int references high)")
    with pytest.raises(psycopg.Error, match=r"objects of yours depend on it: .*mine"):
        site("select * from iasql_uninstall('high')")
    site("drop table mine")
    site("select * from iasql_uninstall('high', 'low')")
    with pytest.raises(psycopg.Error, match="low is needed by high"):
        site("select iasql_remove_module('low')")
    for name in ("high", "low"):
        site("select iasql_remove_module(%s)", name)
    with pytest.raises(psycopg.Error, match="nobody has added a module low"):
        site("select iasql_remove_module('low')")
