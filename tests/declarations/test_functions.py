"""The modules' functions that call AWS, against a stand-in of it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import attrs
import moto
import pytest

from iasql.cloud.session import Credentials, Session
from iasql.errors import InvalidArgument
from iasql.modules import discover
from iasql.resource import Function, Image

FUNCTIONS = {function.name: function for module in discover().values() for function in module.functions}
REGIONS = [{"region": "us-east-1", "is_enabled": True}, {"region": "eu-west-1", "is_enabled": False}]


@attrs.define
class Context:
    """What a function may use, with a few rows of its own."""

    session: Session
    tables: dict[str, list[Image]]
    default_region: str = "us-east-1"

    def client(self, service: str, region: str | None = None) -> Any:
        return self.session.client(service, region or self.default_region)

    def rows(self, table: str, **equal: Any) -> list[Image]:
        return [row for row in self.tables[table] if equal.items() <= row.items()]

    def call(self, name: str, **arguments: Any) -> list[Image]:
        function = FUNCTIONS[name]
        given = {argument.name: None for argument in function.arguments} | arguments
        rows = [dict(row) for row in function.run(self, **given)]
        assert all(list(row) == [column for column, _ in function.returns] for row in rows)
        return rows


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("AWS_ENDPOINT_URL", raising=False)
        with Session(Credentials(access_key_id="a", secret_access_key="b")) as session:
            yield session


@pytest.fixture
def context(session: Session) -> Iterator[Context]:
    with moto.mock_aws():
        yield Context(session, {"bucket": [], "aws_regions": REGIONS})


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
def test_every_function_is_explained(function: Function) -> None:
    assert function.comment.endswith(".")
    assert function.name in function.sample


def test_upload(context: Context) -> None:
    context.client("s3").create_bucket(Bucket="a-bucket")
    context.tables["bucket"].append({"name": "a-bucket", "region": "us-east-1"})
    given = {"bucket_name": "a-bucket", "bucket_key": "k", "file_content": "häh", "content_type": "text/plain"}
    (row,) = context.call("s3_upload_object", **given)
    assert row == {"bucket": "a-bucket", "key": "k", "status": "OK", "response_message": "Object uploaded"}
    found = context.client("s3").get_object(Bucket="a-bucket", Key="k")
    assert found["Body"].read().decode() == "häh"
    assert found["ContentType"] == "text/plain"


@pytest.mark.parametrize(
    ("bucket", "why"),
    [("none", "no bucket none"), ("far", "eu-west-1 of bucket far is not enabled"), ("gone", "NoSuch")],
)
def test_upload_that_cannot_be(context: Context, bucket: str, why: str) -> None:
    context.tables["bucket"] += [{"name": "far", "region": "eu-west-1"}, {"name": "gone", "region": "us-east-1"}]
    (row,) = context.call("s3_upload_object", bucket_name=bucket, bucket_key="k", file_content="x", content_type="t/p")
    assert row["status"] == "KO"
    assert why in row["response_message"]


def test_upload_needs_all_arguments(context: Context) -> None:
    with pytest.raises(InvalidArgument, match="bucket_key, content_type"):
        context.call("s3_upload_object", bucket_name="b", file_content="x", bucket_key="")


def test_access_key(context: Context) -> None:
    context.client("iam").create_user(UserName="u")
    (row,) = context.call("access_key_request", user_name="u")
    assert row["status"] == "SUCCESS"
    assert row["secretaccesskey"]
    (held,) = context.client("iam").list_access_keys(UserName="u")["AccessKeyMetadata"]
    assert held["AccessKeyId"] == row["accesskeyid"]
    (row,) = context.call("access_key_request", user_name="nobody")
    assert row["status"] == "ERROR"
    assert "nobody" in row["message"]


def test_password(context: Context) -> None:
    iam = context.client("iam")
    iam.create_user(UserName="u")
    said = []
    for word, reset in (("one", None), ("two", "true"), ("", None), ("", None), (None, None)):
        (row,) = context.call("set_user_password", user_name="u", password=word, reset_password=reset)
        assert row["status"] == "OK"
        said.append(row["message"])
    gone = "The user has no password"
    assert said == ["Password set", "Password changed", "Password removed", gone, gone]
    (row,) = context.call("set_user_password", user_name="nobody", password="one")
    assert row["status"] == "ERROR"


@pytest.mark.parametrize(("said", "sent"), [("true", True), ("t", True), ("false", False), (None, False)])
def test_password_that_must_be_changed(context: Context, said: str | None, sent: bool) -> None:
    iam = context.client("iam")
    iam.create_user(UserName="u")
    told: list[Any] = []
    iam.meta.events.register("before-parameter-build.iam.CreateLoginProfile", lambda params, **_: told.append(params))
    context.call("set_user_password", user_name="u", password="one", reset_password=said)
    assert told[-1]["PasswordResetRequired"] is sent


def test_tail(context: Context) -> None:
    logs = context.client("logs")
    logs.create_log_group(logGroupName="/a")
    logs.create_log_stream(logGroupName="/a", logStreamName="s")
    now = int(time.time() * 1000)
    logs.put_log_events(logGroupName="/a", logStreamName="s", logEvents=[{"timestamp": now, "message": "hello"}])
    (row,) = context.call("log_group_tail", log_group_name="/a")
    assert (row["log_stream_name"], row["message"]) == ("s", "hello")
    assert row["event_timestamp"].endswith("+00:00")
    with pytest.raises(InvalidArgument):
        context.call("log_group_tail", log_group_name="")


def test_subscribe_and_unsubscribe(context: Context) -> None:
    topic = context.client("sns", "eu-west-1").create_topic(Name="news")["TopicArn"]
    given = {"topic_arn": topic, "endpoint": "ann@example.com", "protocol": "email"}
    (row,) = context.call("subscribe", **given, attributes='{"FilterPolicy": {"kind": ["a"]}}')
    assert (row["status"], row["error"]) == ("OK", None)
    told = context.client("sns", "eu-west-1").get_subscription_attributes(SubscriptionArn=row["arn"])["Attributes"]
    assert json.loads(told["FilterPolicy"]) == {"kind": ["a"]}
    (confirmed,) = context.call("confirm_subscription", topic_arn=topic, token="t")
    assert confirmed["status"] == "OK"
    assert context.call("unsubscribe", subscription_arn=row["arn"]) == [{"status": "OK", "error": None}]
    (failed,) = context.call("subscribe", **given | {"topic_arn": f"{topic}-none"})
    assert (failed["arn"], failed["status"]) == (None, "KO")
    assert failed["error"]


@pytest.mark.parametrize(
    ("name", "given", "why"),
    [
        ("subscribe", {"topic_arn": "arn:t"}, "endpoint, protocol"),
        ("subscribe", {"topic_arn": "t", "endpoint": "e", "protocol": "p", "attributes": "{"}, "no JSON"),
        ("subscribe", {"topic_arn": "t", "endpoint": "e", "protocol": "p", "attributes": "[]"}, "JSON object"),
        ("confirm_subscription", {"topic_arn": "arn:t"}, "token"),
        ("unsubscribe", {}, "subscription_arn"),
    ],
)
def test_subscriptions_need_their_arguments(context: Context, name: str, given: dict[str, str], why: str) -> None:
    with pytest.raises(InvalidArgument, match=why):
        context.call(name, **given)
