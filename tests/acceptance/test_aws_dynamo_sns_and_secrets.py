"""Tables of DynamoDB, topics, secrets and cache clusters as a user types them."""

from __future__ import annotations

import psycopg
import pytest

from tests.acceptance.conftest import Sql, Stack

pytestmark = pytest.mark.modules("aws_dynamo", "aws_sns", "aws_secrets_manager", "aws_elasticache")


def commit(sql: Sql, *statements: str, allow: str = "") -> None:
    sql("select * from iasql_begin()")
    for statement in statements:
        sql(statement)
    sql("select * from iasql_commit(allow => %s::text[])", f"{{{allow}}}")


def test_a_table_is_made_changed_and_deleted(sql: Sql, stack: Stack) -> None:
    dynamo = stack.client("dynamodb")
    commit(
        sql,
        "insert into dynamo_table (table_name, primary_key, throughput) "
        ' values (\'visits\', \'{"visitor": "S", "at": "N"}\','
        ' \'{"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}\')',
        "insert into cache_cluster (cluster_id, node_type, num_nodes) values ('hot', 'cache.t3.micro', 1)",
    )
    schema = dynamo.describe_table(TableName="visits")["Table"]["KeySchema"]
    assert [part["AttributeName"] for part in schema] == ["visitor", "at"]
    assert sql.one("select partition_key, arn is not null known from dynamo_table") == {
        "partition_key": "visitor", "known": True,
    }  # fmt: skip
    assert sql.one("select status from cache_cluster") == {"status": "available"}

    commit(
        sql,
        "update dynamo_table set throughput = '\"PAY_PER_REQUEST\"', point_in_time_recovery = true,"
        ' tags = \'{"a": "1"}\'',
    )
    table = dynamo.describe_table(TableName="visits")["Table"]
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert sql.one("select recovery_period_in_days days from dynamo_table") == {"days": 35}

    dynamo.update_table(TableName="visits", DeletionProtectionEnabled=True)
    sql("select * from iasql_sync()")
    with pytest.raises(psycopg.Error, match="deletion protection is on"):
        commit(sql, "delete from dynamo_table")
    sql("select * from iasql_rollback()")
    commit(sql, "update dynamo_table set deletion_protection_enabled = false")
    commit(sql, "delete from dynamo_table", "delete from cache_cluster", allow="destroys_data,mass_delete")
    assert dynamo.list_tables()["TableNames"] == []
    with pytest.raises(psycopg.errors.CheckViolation):
        sql("insert into dynamo_table (table_name, primary_key) values ('none', '{}')")


def test_a_secret_goes_in_and_is_not_shown(sql: Sql, stack: Stack) -> None:
    secrets = stack.client("secretsmanager")
    commit(sql, "insert into secret (name, value) values ('password', 'one')")
    assert secrets.get_secret_value(SecretId="password")["SecretString"] == "one"
    first = sql.one("select value, version_id from secret")
    assert first["value"] == "********"
    commit(sql, "update secret set value = 'two', description = 'of the database'")
    assert secrets.get_secret_value(SecretId="password")["SecretString"] == "two"
    assert sql.one("select version_id from secret")["version_id"] != first["version_id"]
    logged = sql.one("select string_agg(change::text, '') || string_agg(message, '') told from iasql_audit_log")
    assert "two" not in str(logged["told"])
    commit(sql, "update secret set description = 'of another'")
    assert secrets.get_secret_value(SecretId="password")["SecretString"] == "two"
    secrets.create_secret(Name="theirs", SecretString="three")
    sql("select * from iasql_sync()")
    assert sql.one("select value from secret where name = 'theirs'") == {"value": None}
    commit(sql, "delete from secret", allow="destroys_data,mass_delete")
    assert secrets.list_secrets()["SecretList"] == []


def test_topics_and_their_subscriptions(sql: Sql, stack: Stack) -> None:
    sns = stack.client("sns")
    commit(sql, "insert into topic (name, display_name) values ('news', 'News')")
    topic = sql.one("select arn, policy from topic")
    assert "__default_policy_ID" in topic["policy"]
    commit(
        sql,
        "update topic set display_name = 'Old news'",
        "insert into subscription (topic, protocol, endpoint) select arn, 'email', 'ann@example.com' from topic",
    )
    assert sns.get_topic_attributes(TopicArn=topic["arn"])["Attributes"]["DisplayName"] == "Old news"
    assert sql.one("select arn from subscription")["arn"].startswith(topic["arn"])

    told = sql.one("select * from subscribe(%s, 'bob@example.com', 'email')", topic["arn"])
    assert told["status"] == "OK"
    assert sql.one("select arn from subscription where endpoint = 'bob@example.com'") == {"arn": told["arn"]}
    assert sql.one("select * from unsubscribe(%s)", told["arn"]) == {"status": "OK", "error": None}
    assert sql.one("select endpoint from subscription") == {"endpoint": "ann@example.com"}
    with pytest.raises(psycopg.errors.CheckViolation):
        sql("insert into topic (name, fifo_topic) values ('orders', true)")

    commit(sql, "delete from topic", allow="destroys_data,mass_delete")
    assert sns.list_topics()["Topics"] == []
    assert sql("select * from subscription") == []
