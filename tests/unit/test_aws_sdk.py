"""What stands between a JSON document and boto3, and which function calls which service."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iasql.errors import InvalidArgument
from iasql.modules.aws_sdk.invoke import changes, checked, harmless, logged
from iasql.modules.aws_sdk.method import method
from iasql.modules.aws_sdk.names import FORMER, services
from iasql.modules.aws_sdk.value import plain
from iasql.resource import service as aws

ORIGINAL = """
    acm api_gateway app_sync cloudfront cloudformation cloudwatch cloudwatch_logs codebuild codedeploy codepipeline
    dynamo ec2 ecr ecr_public ecs elasticache elb iam lambda memory_db rds route53 s3 secret_manager sns sqs ssm sts
"""


def test_every_service_has_a_function_and_every_former_name_still_has_one() -> None:
    found = services()
    assert set(found.values()) == set(aws.loader().list_available_services("service-2"))
    assert found.keys() >= set(ORIGINAL.split())
    assert found["lambda"] == "lambda"
    assert {name: found[name] for name in FORMER} == FORMER
    assert found["elb_classic"] == "elb"


@pytest.mark.parametrize("service", ["s3", "ec2", "lambda", "dynamodb"])
def test_each_spelling_names_the_same_operation(service: str) -> None:
    for name in aws.model(service).operation_names:
        for spelling in (name, name[0].lower() + name[1:], aws.snake(name)):
            assert method(service, spelling).name == name


def test_what_changes_something_and_what_tells_secrets() -> None:
    def of(service: str, name: str) -> tuple[bool, bool]:
        return changes(service, {"method_name": name}), harmless(service, {"method_name": name})

    assert of("ec2", "describeInstances") == of("dynamodb", "scan") == of("s3", "listBuckets") == (False, True)
    assert of("secretsmanager", "getSecretValue") == of("ecr", "getAuthorizationToken") == (False, False)
    assert of("ec2", "runInstances") == of("sts", "assumeRole") == of("sqs", "receiveMessage") == (True, False)


def test_the_log_tells_what_a_call_is_about_and_no_secret() -> None:
    asked = {"method_name": "createSecret", "method_input": {"Name": "n", "SecretString": "s"}, "region": "r"}
    told = logged("secretsmanager", asked)
    assert told == {
        "service": "secretsmanager", "operation": "CreateSecret", "region": "r", "members": ["Name", "SecretString"],
        "about": {"Name": "n"},
    }  # fmt: skip


@given(st.binary())
@settings(max_examples=50)
def test_bytes_come_out_as_they_go_in(content: bytes) -> None:
    shown = json.loads(json.dumps(plain(content)))
    assert checked(method("s3", "putObject"), {"Bucket": "b", "Key": "k", "Body": shown})["Body"] == content


def test_nulls_are_left_out_and_bad_base64_is_named() -> None:
    assert checked(method("sqs", "listQueues"), {"MaxResults": None}) == {}
    with pytest.raises(InvalidArgument, match=r"method_input\.Body is no base64"):
        checked(method("s3", "putObject"), {"Bucket": "b", "Key": "k", "Body": {"base64": "*"}})
