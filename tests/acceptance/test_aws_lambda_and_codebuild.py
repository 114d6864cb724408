"""Functions and build projects as a user types them."""

from __future__ import annotations

import json

import pytest

from tests.acceptance.conftest import Sql, Stack

pytestmark = pytest.mark.modules("aws_lambda", "aws_codebuild")

TRUST = json.dumps({
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
})  # fmt: skip
ZIP = "UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA=="


@pytest.fixture
def role(sql: Sql) -> Sql:
    """A role, made in the same commit as what needs it."""
    sql("select * from iasql_begin()")
    sql("insert into iam_role (role_name, assume_role_policy_document) values ('runs', %s)", TRUST)
    return sql


def test_functions_come_and_go(role: Sql, stack: Stack) -> None:
    aws = stack.client("lambda")
    role("insert into security_group (group_name, description) values ('f', 'd')")
    role(
        "insert into lambda_function (name, zip_b64, handler, runtime, role_name, environment, subnets)"
        " select 'f', %s, 'app.go', 'python3.12', 'runs', '{\"TOKEN\": \"s3cret\"}', array_agg(subnet_id) from subnet"
        " where availability_zone = 'us-east-1a'",
        ZIP,
    )
    role("insert into lambda_function_security_groups select f.id, g.id from lambda_function f, security_group g"
         " where g.group_name = 'f'")  # fmt: skip
    role("select * from iasql_commit()")
    told = aws.get_function_configuration(FunctionName="f")
    assert told["Environment"]["Variables"] == {"TOKEN": "s3cret"}
    assert (len(told["VpcConfig"]["SubnetIds"]), len(told["VpcConfig"]["SecurityGroupIds"])) == (1, 1)
    assert role.one("select environment, version from lambda_function") == {
        "environment": {"TOKEN": "********"}, "version": "$LATEST",
    }  # fmt: skip

    role("select * from iasql_begin()")
    role(
        'update lambda_function set memory_size = 512, environment = environment || \'{"B": "2"}\','
        ' tags = \'{"a": "1"}\''
    )
    role("select * from iasql_commit()")
    told = aws.get_function_configuration(FunctionName="f")
    assert told["Environment"]["Variables"] == {"TOKEN": "s3cret", "B": "2"}
    assert told["MemorySize"] == 512
    assert role("select * from iasql_sync()") == []
    assert not any("s3cret" in str(row) for row in role("select change::text, message from iasql_audit_log"))

    role("select * from iasql_begin()")
    role("delete from lambda_function")
    role("select * from iasql_commit()")
    assert aws.list_functions()["Functions"] == []


def test_projects_build(role: Sql, stack: Stack) -> None:
    role(
        "insert into codebuild_project (project_name, source_type, source_location, service_role_name, build_spec)"
        " values ('app', 'GITHUB', 'https://github.com/iasql/iasql.git', 'runs',"
        " generate_put_ecr_image_build_spec('us-east-1', 'v1', 'app', '1.dkr.ecr.us-east-1.amazonaws.com/app', '.',"
        " array['A=1']))"
    )
    role("select * from iasql_commit()")
    (told,) = stack.client("codebuild").batch_get_projects(names=["app"])["projects"]
    assert "docker build -t app:v1 --build-arg A=1 ." in told["source"]["buildspec"]
    assert "docker push 1.dkr.ecr.us-east-1.amazonaws.com/app:v1" in told["source"]["buildspec"]
    assert role.one("select status from start_build('app')") == {"status": "OK"}
    assert role.one("select project_name, build_status from codebuild_build_list") == {
        "project_name": "app", "build_status": "SUCCEEDED",
    }  # fmt: skip
    assert role.one("select status from import_source_credential('us-east-1', 't', 'GITEA')") == {"status": "ERROR"}
