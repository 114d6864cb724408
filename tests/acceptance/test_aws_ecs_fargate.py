"""Clusters, task definitions and services as a user types them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.acceptance.conftest import Sql, Stack, look_at_one_region

TRUST = json.dumps({
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}],
})  # fmt: skip
APP = """
insert into cluster (cluster_name) values ('main');
insert into iam_role (role_name, assume_role_policy_document) values ('tasks', %s);
insert into repository (repository_name) values ('app');
insert into log_group (log_group_name) values ('/app');
insert into security_group (group_name, description) values ('web', 'Web');
insert into task_definition (family, cpu_memory, execution_role_name) values ('app', 'vCPU0.5-1GB', 'tasks');
insert into container_definition (name, repository_id, tag, essential, container_port, env_variables, log_group_id,
    task_definition_id)
  select 'web', r.id, 'latest', true, 80, '{"TOKEN": "s3cret-token"}', l.id, t.id
  from repository r, log_group l, task_definition t;
insert into service (name, desired_count, subnets, cluster_id, task_definition_id)
  select 'web', 1, array(select subnet_id from subnet where availability_zone = 'us-east-1a'), c.id, t.id
  from cluster c, task_definition t;
insert into service_security_groups (service_id, security_group_id)
  select s.id, g.id from service s, security_group g where g.group_name = 'web'
"""


def revisions(ecs: Any) -> Iterator[dict[str, Any]]:
    for arn in ecs.list_task_definitions(status="ACTIVE")["taskDefinitionArns"]:
        yield ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"]


@pytest.fixture
def app(sql: Sql) -> Sql:
    """An application with all that it needs, made in one commit."""
    look_at_one_region(sql, "aws_ecs_fargate")
    sql("select * from iasql_begin()")
    for statement in APP.split(";"):
        sql(statement, *([TRUST] if "%s" in statement else []))
    sql("select * from iasql_commit()")
    return sql


def test_an_application_comes_changes_and_goes(app: Sql, stack: Stack) -> None:
    ecs = stack.client("ecs")
    (made,) = revisions(ecs)
    (container,) = made["containerDefinitions"]
    assert container["image"].endswith("/app:latest")
    assert container["environment"] == [{"name": "TOKEN", "value": "s3cret-token"}]
    assert container["logConfiguration"]["options"]["awslogs-group"] == "/app"
    (service,) = ecs.describe_services(cluster="main", services=["web"])["services"]
    group = app.one("select group_id from security_group where group_name = 'web'")["group_id"]
    assert service["networkConfiguration"]["awsvpcConfiguration"]["securityGroups"] == [group]
    assert app.one("select env_variables from container_definition")["env_variables"] == {"TOKEN": "********"}
    assert not any("s3cret" in str(row) for row in app("select change::text, message from iasql_audit_log"))

    app("select * from iasql_begin()")
    app("update container_definition set tag = 'v2', env_variables = env_variables || '{\"MORE\": \"2\"}'")
    steps = {(s["action"], s["table_name"]) for s in app("select * from iasql_preview()")}
    assert {("replace", "task_definition"), ("update", "service")} <= steps
    app("select * from iasql_commit()")
    (made,) = revisions(ecs)
    assert (made["revision"], made["containerDefinitions"][0]["image"].endswith("/app:v2")) == (2, True)
    told = {pair["name"]: pair["value"] for pair in made["containerDefinitions"][0]["environment"]}
    assert told == {"TOKEN": "s3cret-token", "MORE": "2"}
    (service,) = ecs.describe_services(cluster="main", services=["web"])["services"]
    assert service["taskDefinition"] == made["taskDefinitionArn"]
    assert app("select * from iasql_sync()") == []

    arn = app.one("select arn from service")["arn"]
    assert app.one("select * from deploy_service(%s)", arn)["status"] == "OK"
    assert app.one("select * from deploy_service('none')") == {
        "arn": "none", "status": "KO", "message": "Service not found",
    }  # fmt: skip
    with pytest.raises(psycopg.errors.RaiseException, match="region cannot be modified"):
        app("update cluster set region = 'eu-west-1'")

    app("select * from iasql_begin()")
    for table in ("service", "task_definition", "cluster", "iam_role"):
        app(f"delete from {table}")
    app("delete from security_group where group_name = 'web'")
    app("select * from iasql_commit()")
    assert list(revisions(ecs)) == []
    assert [c["status"] for c in ecs.describe_clusters(clusters=["main"])["clusters"]] in ([], ["INACTIVE"])
