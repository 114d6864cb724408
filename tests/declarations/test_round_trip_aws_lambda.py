"""Functions and their security groups against a stand-in."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from typing import Any

import pytest

from iasql.cloud import reader, writer
from iasql.errors import InvalidArgument
from iasql.modules.aws_lambda.invoke import INVOKE_LAMBDA_FUNCTION, sent
from iasql.resource import Image
from tests.declarations.stand_in import HERE, RESOURCES, THERE, Cloud, agrees
from tests.unit.cloud.canned import Canned

TRUST = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}  # fmt: skip


def code(text: str = "def go(event, context): return event") -> str:
    """A zip file in base64."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("app.py", text)
    return base64.b64encode(file.getvalue()).decode()


def function(cloud: Cloud, region: str = HERE, **values: Any) -> Image:
    role = cloud.create("iam_role", role_name="r", assume_role_policy_document=TRUST)["arn"]
    return cloud.create("lambda_function", region, **{
        "name": "f", "zip_b64": code(), "handler": "app.go", "runtime": "python3.9", "role_name": role,
        "architecture": "x86_64", "memory_size": 128, "package_type": "Zip", **values,
    })  # fmt: skip


@pytest.mark.parametrize("region", [HERE, THERE])
def test_function(cloud: Cloud, region: str) -> None:
    row = function(cloud, region, environment={"A": "1"}, tags={"a": "1"}, description="d", timeout=5)
    assert agrees(row, name="f", handler="app.go", runtime="python3.9", environment={"A": "1"}, tags={"a": "1"},
                  description="d", timeout=5, memory_size=128, architecture="x86_64", version="$LATEST",
                  package_type="Zip", zip_b64=None, subnets=None, region=region)  # fmt: skip
    row = cloud.update("lambda_function", row, region, memory_size=256, handler="app.come", runtime="python3.12",
                       environment={"B": "2"}, tags={"b": "2"}, description=None, timeout=None)  # fmt: skip
    assert agrees(row, memory_size=256, handler="app.come", runtime="python3.12", environment={"B": "2"}, timeout=3,
                  tags={"b": "2"})  # fmt: skip
    assert not row["description"]
    before = cloud.client("lambda", region).get_function(FunctionName="f")["Configuration"]["CodeSha256"]
    row = cloud.update("lambda_function", row, region, zip_b64=code("def come(event, context): return 1"))
    assert cloud.client("lambda", region).get_function(FunctionName="f")["Configuration"]["CodeSha256"] != before
    cloud.delete("lambda_function", row, region)


def test_function_in_a_vpc(cloud: Cloud) -> None:
    vpc = cloud.create("vpc", cidr_block="10.1.0.0/16")["vpc_id"]
    places = [cloud.create("subnet", vpc_id=vpc, cidr_block=f"10.1.{n}.0/24")["subnet_id"] for n in range(2)]
    groups = [cloud.create("security_group", group_name=n, description="d", vpc_id=vpc)["group_id"] for n in "ab"]
    row = function(cloud, **{
        "subnets": places[:1], "$lambda_function_security_groups": [{"security_group_id": groups[0]}],
    })  # fmt: skip
    assert agrees(row, subnets=places[:1])
    (held,) = cloud.all("lambda_function_security_groups")
    assert agrees(held, lambda_function_id="f", security_group_id=groups[0])
    table = RESOURCES["lambda_function_security_groups"]
    more = held | {"security_group_id": groups[1]}
    writer.create(cloud.session, table, HERE, more, "token")
    assert reader.read_some(cloud.session, table, HERE, [more]) == [more]
    cloud.delete("lambda_function_security_groups", held)
    row = cloud.update("lambda_function", row, subnets=sorted(places))
    assert agrees(row, subnets=sorted(places))
    assert cloud.all("lambda_function_security_groups") == [more]
    row = cloud.update("lambda_function", row, subnets=None)
    assert agrees(row, subnets=None)
    cloud.delete("lambda_function", row)


class Body:
    def __init__(self, text: str) -> None:
        self.text = text

    def read(self) -> bytes:
        return self.text.encode()


def test_invoke() -> None:
    """The stand-in runs functions in containers, so that its answer is a canned one."""
    session = Canned(Invoke={"StatusCode": 200, "ExecutedVersion": "$LATEST", "Payload": Body('{"a": 1}')})

    class Context:
        default_region = HERE
        client = staticmethod(session.client)

    said = {"lambda_function_name": "f", "function_payload": {"n": 1}, "region": None}
    (row,) = INVOKE_LAMBDA_FUNCTION.run(Context(), **said)
    assert row == {"function_name": "f", "version": "$LATEST", "status": "200", "payload": '{"a": 1}', "error": None}
    assert session.sent("Invoke") == [{"FunctionName": "f", "Payload": b'{"n": 1}'}]
    with pytest.raises(InvalidArgument, match="name of a function"):
        list(INVOKE_LAMBDA_FUNCTION.run(Context(), **said | {"lambda_function_name": ""}))


@pytest.mark.parametrize(("payload", "text"), [(None, "{}"), ('{"a": 1}', '{"a": 1}'), ([1], "[1]")])
def test_payload(payload: Any, text: str) -> None:
    assert json.loads(sent(payload)) == json.loads(text)


def test_payload_that_is_no_json() -> None:
    with pytest.raises(InvalidArgument, match="no JSON"):
        sent("{a: 1}")
