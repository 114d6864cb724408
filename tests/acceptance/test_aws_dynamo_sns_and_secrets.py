"""Tables of DynamoDB, topics, secrets and cache clusters as a user types them."""

from __future__ import annotations

import psycopg
import pytest

from tests.acceptance.conftest import Sql, Stack, look_at_one_region


@pytest.fixture
def installed(sql: Sql) -> Sql:
    """The modules, looking at one region."""
    look_at_one_region(sql, "aws_dynamo", "aws_sns", "aws_secrets_manager", "aws_elasticache")
    return sql


def commit(sql: Sql, *statements: str, allow: str = "") -> None:
    sql("select * from iasql_begin()")
    for statement in statements:
        sql(statement)
    sql("select * from iasql_commit(allow => %s::text[])", f"{{{allow}}}")


def test_a_table_is_made_changed_and_deleted(installed: Sql, stack: Stack) -> None:
    dynamo = stack.client("dynamodb")
    commit(
        installed,
        "insert into dynamo_table (table_name, primary_key, throughput) "
        ' values (\'visits\', \'{"visitor": "S", "at": "N"}\','
        ' \'{"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}\')',
        "insert into cache_cluster (cluster_id, node_type, num_nodes) values ('hot', 'cache.t3.micro', 1)",
    )
    schema = dynamo.describe_table(TableName="visits")["Table"]["KeySchema"]
    assert [part["AttributeName"] for part in schema] == ["visitor", "at"]
    assert installed.one("select partition_key, arn is not null known from dynamo_table") == {
        "partition_key": "visitor", "known": True,
    }  # fmt: skip
    assert installed.one("select status from cache_cluster") == {"status": "available"}

    commit(
        installed,
        "update dynamo_table set throughput = '\"PAY_PER_REQUEST\"', point_in_time_recovery = true,"
        ' tags = \'{"a": "1"}\'',
    )
    table = dynamo.describe_table(TableName="visits")["Table"]
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert installed.one("select recovery_period_in_days days from dynamo_table") == {"days": 35}

    dynamo.update_table(TableName="visits", DeletionProtectionEnabled=True)
    installed("select * from iasql_sync()")
    with pytest.raises(psycopg.Error, match="deletion protection is on"):
        commit(installed, "delete from dynamo_table")
    installed("select * from iasql_rollback()")
    commit(installed, "update dynamo_table set deletion_protection_enabled = false")
    commit(installed, "delete from dynamo_table", "delete from cache_cluster", allow="destroys_data,mass_delete")
    assert dynamo.list_tables()["TableNames"] == []
    with pytest.raises(psycopg.errors.CheckViolation):
        installed("insert into dynamo_table (table_name, primary_key) values ('none', '{}')")


def test_a_secret_goes_in_and_is_not_shown(installed: Sql, stack: Stack) -> None:
    secrets = stack.client("secretsmanager")
    commit(installed, "insert into secret (name, value) values ('password', 'one')")
    assert secrets.get_secret_value(SecretId="password")["SecretString"] == "one"
    first = installed.one("select value, version_id from secret")
    assert first["value"] == "********"
    commit(installed, "update secret set value = 'two', description = 'of the database'")
    assert secrets.get_secret_value(SecretId="password")["SecretString"] == "two"
    assert installed.one("select version_id from secret")["version_id"] != first["version_id"]
    logged = installed.one("select string_agg(change::text, '') || string_agg(message, '') told from iasql_audit_log")
    assert "two" not in str(logged["told"])
    commit(installed, "update secret set description = 'of another'")
    assert secrets.get_secret_value(SecretId="password")["SecretString"] == "two"
    secrets.create_secret(Name="theirs", SecretString="three")
    installed("select * from iasql_sync()")
    assert installed.one("select value from secret where name = 'theirs'") == {"value": None}
    commit(installed, "delete from secret", allow="destroys_data,mass_delete")
    assert secrets.list_secrets()["SecretList"] == []


def test_topics_and_their_subscriptions(installed: Sql, stack: Stack) -> None:
    sns = stack.client("sns")
    commit(installed, "insert into topic (name, display_name) values ('news', 'News')")
    topic = installed.one("select arn, policy from topic")
    assert "__default_policy_ID" in topic["policy"]
    commit(
        installed,
        "update topic set display_name = 'Old news'",
        "insert into subscription (topic, protocol, endpoint) select arn, 'email', 'ann@example.com' from topic",
    )
    assert sns.get_topic_attributes(TopicArn=topic["arn"])["Attributes"]["DisplayName"] == "Old news"
    assert installed.one("select arn from subscription")["arn"].startswith(topic["arn"])

    told = installed.one("select * from subscribe(%s, 'bob@example.com', 'email')", topic["arn"])
    assert told["status"] == "OK"
    assert installed.one("select arn from subscription where endpoint = 'bob@example.com'") == {"arn": told["arn"]}
    assert installed.one("select * from unsubscribe(%s)", told["arn"]) == {"status": "OK", "error": None}
    assert installed.one("select endpoint from subscription") == {"endpoint": "ann@example.com"}
    with pytest.raises(psycopg.errors.CheckViolation):
        installed("insert into topic (name, fifo_topic) values ('orders', true)")

    commit(installed, "delete from topic", allow="destroys_data,mass_delete")
    assert sns.list_topics()["Topics"] == []
    assert installed("select * from subscription") == []
