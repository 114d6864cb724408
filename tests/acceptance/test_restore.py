"""The way back with a cloud: what was committed is undone there too, and references follow."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import attrs
import psycopg
import pytest

from iasql.modules import discover
from iasql.resource import Module, Region, Tags, cloud_id, column, region, row
from iasql.server import service
from tests.acceptance.conftest import Sql, Stack, look_at_one_region

MODULES = ("aws_s3", "aws_security_group", "aws_sqs")


@pytest.fixture
def story(sql: Sql) -> Sql:
    """A bucket, a queue and a security group with a rule, all in the cloud."""
    look_at_one_region(sql, *MODULES)
    sql("select * from iasql_begin('set up')")
    sql("insert into bucket (name, tags) values ('kept', '{\"team\": \"web\"}')")
    sql("insert into queue (name, visibility_timeout) values ('jobs', 30)")
    sql(
        "insert into security_group (group_name, description, vpc_id)"
        " values ('web', 'web servers', (select id from vpc where is_default))"
    )
    sql(
        "insert into security_group_rule (is_egress, ip_protocol, from_port, to_port, cidr_ipv4, security_group_id)"
        " values (false, 'tcp', 443, 443, '0.0.0.0/0', (select id from security_group where group_name = 'web'))"
    )
    sql("select * from iasql_commit()")
    return sql


def now(sql: Sql) -> datetime:
    """The server's clock."""
    found: datetime = sql.one("select clock_timestamp()")["clock_timestamp"]
    return found


def set_by_users(sql: Sql) -> dict[str, list[dict[str, Any]]]:
    """The rows of the story in the columns that a user sets, with their keys."""
    columns = {
        "bucket": "name, tags, region",
        "queue": "id, name, visibility_timeout",
        "security_group": "id, group_name, description, vpc_id",
        "security_group_rule": "id, is_egress, from_port, cidr_ipv4, security_group_id",
    }
    return {table: sql(f"select {names} from {table} order by 1") for table, names in columns.items()}


def in_the_cloud(stack: Stack) -> dict[str, Any]:
    """What AWS has of it, in the same words."""
    sqs, s3, ec2 = stack.client("sqs"), stack.client("s3"), stack.client("ec2")
    urls = sqs.list_queues().get("QueueUrls", [])
    timeouts = {
        url.rpartition("/")[2]: sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])[
            "Attributes"
        ]["VisibilityTimeout"]
        for url in urls
    }
    names = [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
    tags = {name: {t["Key"]: t["Value"] for t in s3.get_bucket_tagging(Bucket=name)["TagSet"]} for name in names}
    groups = ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": ["web", "db"]}])["SecurityGroups"]
    ports = {group["GroupName"]: [p.get("FromPort") for p in group["IpPermissions"]] for group in groups}
    return {"queues": timeouts, "buckets": tags, "groups": ports}


def change_everything(sql: Sql) -> str:
    """A commit that updates, deletes and creates; its id."""
    tx = sql.one("select transaction_id from iasql_begin('a bad day')")["transaction_id"]
    sql('update bucket set tags = \'{"team": "oops"}\'')
    sql("delete from queue")
    sql("delete from security_group_rule where from_port = 443")
    sql("delete from security_group where group_name = 'web'")
    sql("insert into queue (name) values ('other')")
    sql(
        "insert into security_group (group_name, description, vpc_id)"
        " values ('db', 'databases', (select id from vpc where is_default))"
    )
    sql("select * from iasql_commit()")
    return str(tx)


def test_restore_to_a_moment(story: Sql, stack: Stack) -> None:
    before, cloud, at = set_by_users(story), in_the_cloud(stack), now(story)
    group = story.one("select group_id from security_group where group_name = 'web'")["group_id"]
    change_everything(story)
    stack.client("sqs").create_queue(QueueName="made-by-others")
    story("select * from iasql_sync()")
    told = story("select action, table_name, description, changes->>'note' as note from iasql_restore(%s)", at)
    shown = {(row["action"], row["table_name"]): row["note"] for row in told}
    assert shown["create", "queue"].startswith("created anew")
    assert shown["keep", "queue"] == "first seen in the cloud after that"
    previewed = {(row["action"], row["table_name"]) for row in story("select * from iasql_preview()")}
    assert previewed >= {("create", "queue"), ("delete", "queue"), ("update", "bucket"), ("create", "security_group")}
    story("select * from iasql_commit()")
    cloud["queues"]["made-by-others"] = "30"
    assert in_the_cloud(stack) == cloud
    after = set_by_users(story)
    after["queue"] = [row for row in after["queue"] if row["name"] != "made-by-others"]
    assert after == before
    again = story.one("select group_id, id from security_group where group_name = 'web'")
    assert again["group_id"] != group
    rule = story.one("select security_group_id, security_group_rule_id from security_group_rule where from_port = 443")
    assert rule["security_group_id"] == again["id"]
    assert story("select * from iasql_sync()") == []


def test_a_restore_is_looked_at_and_forgotten(story: Sql, stack: Stack) -> None:
    at = now(story)
    change_everything(story)
    after, cloud = set_by_users(story), in_the_cloud(stack)
    story("select * from iasql_restore(%s)", at)
    story("select * from iasql_rollback()")
    assert (set_by_users(story), in_the_cloud(stack)) == (after, cloud)


def test_revert_and_the_revert_of_it(story: Sql, stack: Stack) -> None:
    before, cloud = set_by_users(story), in_the_cloud(stack)
    tx = change_everything(story)
    after, changed = set_by_users(story), in_the_cloud(stack)
    assert [row for row in story("select * from iasql_revert(%s)", tx) if row["conflict"]] == []
    second = story.one("select transaction_id from iasql_transaction where state = 'open'")["transaction_id"]
    story("select * from iasql_commit()")
    assert (set_by_users(story), in_the_cloud(stack)) == (before, cloud)
    assert [row for row in story("select * from iasql_revert(%s)", second) if row["conflict"]] == []
    story("select * from iasql_commit()")
    assert (set_by_users(story), in_the_cloud(stack)) == (after, changed)
    assert story("select * from iasql_sync()") == []


def test_after_uninstalling_and_installing_again(story: Sql, stack: Stack) -> None:
    """What was changed, deleted and made before the modules went is put back once they are there again."""
    before, cloud, at = set_by_users(story), in_the_cloud(stack), now(story)
    change_everything(story)
    story("select * from iasql_uninstall(variadic %s)", list(MODULES))
    assert story.one("select row->>'name' as name from iasql_state_at('queue', %s)", at)["name"] == "jobs"
    gone = story("select action, table_name, conflict->>'reason' as why from iasql_restore(%s)", at)
    assert {(row["action"], row["table_name"]) for row in gone} >= {("conflict", "queue"), ("conflict", "bucket")}
    assert {row["why"] for row in gone} == {"its module is not installed"}
    story("select * from iasql_rollback()")
    story("select * from iasql_install(variadic %s)", list(MODULES))
    told = {(r["action"], r["table_name"]) for r in story("select * from iasql_restore(%s)", at)}
    assert told >= {("create", "queue"), ("delete", "queue"), ("update", "bucket"), ("create", "security_group")}
    story("select * from iasql_commit()")
    assert (set_by_users(story), in_the_cloud(stack)) == (before, cloud)
    assert story("select * from iasql_sync()") == []


@row
class OldLogGroup:
    """A log group as an older version of its module knew it."""

    log_group_name: str = cloud_id()
    log_group_arn: str | None = column(member="arn")
    creation_time: datetime | None = column()
    tags: Tags | None = column()
    region: Region = region()


def older(modules: Mapping[str, Module]) -> dict[str, Module]:
    """The modules before log groups had their retention."""
    module = modules["aws_cloudwatch"]
    resource, *others = module.resources
    aspects = tuple(each for each in resource.aspects if "retention_in_days" not in each.columns)
    old = attrs.evolve(resource, row=OldLogGroup, aspects=aspects)
    return {**modules, module.name: attrs.evolve(module, resources=(old, *others))}


def test_across_a_column_that_a_newer_version_of_a_module_brought(
    sql: Sql, stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    modules = discover()
    with monkeypatch.context() as patch:
        patch.setattr(service, "discover", lambda: older(modules))
        look_at_one_region(sql, "aws_cloudwatch")
        sql("insert into log_group (log_group_name, tags) values ('kept', '{\"a\": \"b\"}'), ('lost', null)")
        sql("select * from iasql_sync()")
        at = now(sql)
        sql("select * from iasql_begin()")
        sql("update log_group set tags = null where log_group_name = 'kept'")
        sql(
            "delete from log_group where log_group_name = 'lost'; insert into log_group (log_group_name) values ('new')"
        )
        sql("select * from iasql_commit()")
        sql("select * from iasql_uninstall('aws_cloudwatch')")
    logs = stack.client("logs")
    logs.put_retention_policy(logGroupName="kept", retentionInDays=7)
    sql("select * from iasql_install('aws_cloudwatch')")
    sql("select * from iasql_restore(%s)", at)
    sql("select * from iasql_commit()")
    query = "select log_group_name as name, tags, retention_in_days as days from log_group order by 1"
    assert sql(query) == [{"name": "kept", "tags": {"a": "b"}, "days": 7}, {"name": "lost", "tags": None, "days": None}]
    found = {each["logGroupName"]: each.get("retentionInDays") for each in logs.describe_log_groups()["logGroups"]}
    assert found == {"kept": 7, "lost": None}
    assert sql("select * from iasql_sync()") == []


def refuses(sql: Sql, terms: str = "") -> str:
    """A commit on these terms is refused because of conflicts, and the transaction stays open; the hint."""
    with pytest.raises(psycopg.Error, match="was left as it is") as caught:
        sql(f"select * from iasql_commit({terms})")
    assert caught.value.sqlstate == "IA002"
    assert sql.one("select count(*) from iasql_transaction where state = 'open'")["count"] == 1
    return caught.value.diag.message_hint or ""


def test_what_a_revert_leaves_as_it_is_stops_the_commit(story: Sql, stack: Stack) -> None:
    tx = story.one("select transaction_id from iasql_begin('a bad day')")["transaction_id"]
    story('update queue set visibility_timeout = 60; update bucket set tags = \'{"team": "oops"}\'')
    story("select * from iasql_commit()")
    story("update queue set visibility_timeout = 90")
    story("select * from iasql_sync()")

    def conflicts(query: str) -> list[str]:
        return [row["conflict"]["reason"] for row in story(query) if row["action"] == "conflict"]

    assert conflicts(f"select * from iasql_revert('{tx}')") == ["visibility_timeout changed later"]
    assert conflicts("select * from iasql_preview()") == ["visibility_timeout changed later"]
    assert "allow => array['incomplete']" in refuses(story)
    story("update queue set visibility_timeout = 30")  # somebody decides
    assert conflicts("select * from iasql_preview()") == []
    story("select * from iasql_rollback()")
    for terms, left in {"allow => array['incomplete']": "90", "force => true": "90"}.items():
        assert conflicts(f"select * from iasql_revert('{tx}')") == ["visibility_timeout changed later"]
        refuses(story, "allow => array['mass_delete']")
        story(f"select * from iasql_commit({terms})")
        cloud = in_the_cloud(stack)
        assert (cloud["queues"]["jobs"], cloud["buckets"]["kept"]) == (left, {"team": "web"})
    story(f"select * from iasql_revert('{tx}')")
    story("update queue set visibility_timeout = 30")
    story("select * from iasql_commit()")
    assert in_the_cloud(stack)["queues"]["jobs"] == "30"
