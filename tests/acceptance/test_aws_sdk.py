"""AWS's API itself, called from SQL."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from tests.acceptance.conftest import Sql, Stack
from tests.databases import Database


@pytest.fixture
def auditor(database: Database) -> Iterator[Sql]:
    yield from (Sql(connection) for connection in database.person("iasql_auditor"))


@pytest.fixture
def installed(sql: Sql) -> Sql:
    sql("select * from iasql_install('aws_account', 'aws_sdk')")
    return sql


def test_operations_are_called_by_any_of_their_names(installed: Sql, stack: Stack) -> None:
    installed("select * from invoke_s3('createBucket', '{\"Bucket\": \"from-sql\"}')")
    for name in ("listBuckets", "list_buckets", "ListBuckets"):
        result = installed.one("select result from invoke_s3(%s, '{}')", name)["result"]
        assert [bucket["Name"] for bucket in result["Buckets"]] == ["from-sql"]
        assert "ResponseMetadata" not in result
    body = '{"Bucket": "from-sql", "Key": "k", "Body": "häh"}'
    installed("select * from invoke_s3('putObject', %s)", body)
    result = installed.one("select result from invoke_s3('get_object', %s)", '{"Bucket": "from-sql", "Key": "k"}')
    assert result["result"]["Body"] == "häh"
    far = installed.one("select result->>'QueueUrl' u from invoke_sqs('createQueue', %s, 'eu-west-1')",
                        '{"QueueName": "far"}')  # fmt: skip
    assert stack.client("sqs", "eu-west-1").list_queues()["QueueUrls"] == [far["u"]]
    assert installed.one("select result from invoke_dynamo('listTables')")["result"]["TableNames"] == []
    assert installed.one("select result from invoke_elb('describeTargetGroups', '{}')")["result"] is not None
    assert installed.one("select result from invoke_lambda('listFunctions', '{}')")["result"]["Functions"] == []


def test_every_change_is_logged_and_no_secret_is(installed: Sql) -> None:
    secret = '{"Name": "db", "SecretString": "geheim-17"}'
    installed("select * from invoke_secret_manager('createSecret', %s)", secret)
    with pytest.raises(psycopg.Error, match="ResourceExistsException"):
        installed("select * from invoke_secretsmanager('createSecret', %s)", secret)
    installed("select * from invoke_secretsmanager('listSecrets')")
    rows = installed("select change from iasql_audit_log where change_type = 'CLOUD_CALL' order by id")
    intents = [row["change"]["intent"] for row in rows if "intent" in row["change"]]
    assert [intent["function"] for intent in intents] == ["invoke_secret_manager", "invoke_secretsmanager"]
    assert intents[0]["operation"] == "CreateSecret"
    assert intents[0]["about"] == {"Name": "db"}
    assert intents[0]["members"] == ["Name", "SecretString"]
    outcomes = [row["change"]["outcome"] for row in rows if "outcome" in row["change"]]
    assert [outcome.get("error", {}).get("code") for outcome in outcomes] == [None, "ResourceExistsException"]
    whole = installed.one("select string_agg(l::text, ' ') t from iasql_audit_log l")["t"]
    assert "geheim-17" not in whole


BAD = (
    ("invoke_s3('listBucket')", "s3 has no method listBucket. Did you mean: .*listBuckets"),
    ("invoke_s3('list_bucket')", "Did you mean: .*list_buckets"),
    ("invoke_s3('CreateBukket')", "Did you mean: CreateBucket"),
    ("invoke_s3(null)", "name a method of s3"),
    ("""invoke_s3('createBucket', '{"Bukket": "b"}')""", '(?s)Missing required.*"Bucket".*Did you mean: Bucket'),
    ("""invoke_sqs('listQueues', '{"MaxResults": "ten"}')""", "Invalid type for parameter MaxResults"),
    ("""invoke_sqs('listQueues', '[]')""", "must be a JSON object"),
    ("""invoke_sqs('listQueues', '{}', 'us-est-1')""", "us-est-1 does not exist. Did you mean: us-"),
)


def test_what_aws_could_not_take_is_refused_before_the_call(installed: Sql) -> None:
    for call, said in BAD:
        with pytest.raises(psycopg.errors.InvalidParameterValue, match=said):
            installed(f"select * from {call}")
    assert installed("select from iasql_audit_log where change_type = 'CLOUD_CALL'") == []


def test_a_refused_input_shows_no_secret_and_all_of_it_goes_away(installed: Sql) -> None:
    given = '{"Name": "db", "SecretString": ["geheim-17"]}'
    with pytest.raises(psycopg.errors.InvalidParameterValue) as refused:
        installed("select * from invoke_secretsmanager('createSecret', %s)", given)
    assert "geheim-17" not in str(refused.value)
    count = "select count(*) from pg_proc where proname like 'invoke%%' and pronamespace = 'public'::regnamespace"
    assert installed.one(count)["count"] > 400
    installed("select * from iasql_uninstall('aws_sdk')")
    assert installed.one(count)["count"] == 0


def test_reading_is_for_everybody_and_changing_is_not(installed: Sql, stack: Stack, auditor: Sql) -> None:
    installed("insert into iasql_mode (mode) values ('TRACK')")
    installed("select * from invoke_s3('listBuckets')")
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="only followed here"):
        installed("select * from invoke_s3('createBucket', '{\"Bucket\": \"b\"}')")
    auditor("select * from invoke_s3('listBuckets')")
    for call in ("invoke_s3('createBucket', '{\"Bucket\": \"b\"}')", "invoke_secretsmanager('getSecretValue', '{}')"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="needs the role iasql_user"):
            auditor(f"select * from {call}")
    assert stack.client("s3").list_buckets()["Buckets"] == []
