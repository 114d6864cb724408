"""Applications, their deployment groups and pipelines as a user types them."""

from __future__ import annotations

import json

import psycopg
import pytest

from tests.acceptance.conftest import Sql, Stack, look_at_one_region

TRUST = json.dumps({
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "codepipeline.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
})  # fmt: skip


def stage(name: str, owner: str, provider: str, **configuration: str) -> dict[str, object]:
    kind = {"category": name, "owner": owner, "provider": provider, "version": "1"}
    action = {"name": name, "actionTypeId": kind, "runOrder": 1, "configuration": configuration}
    return {"name": name, "actions": [action | {"inputArtifacts": [], "outputArtifacts": []}]}


STAGES = json.dumps([
    stage("Source", "ThirdParty", "GitHub", Owner="o", Repo="r", Branch="main", OAuthToken="t0ken-of-mine"),
    stage("Deploy", "AWS", "CodeDeploy", ApplicationName="app", DeploymentGroupName="web"),
])  # fmt: skip


def test_they_come_and_are_told(sql: Sql, stack: Stack) -> None:
    codedeploy, codepipeline = stack.client("codedeploy"), stack.client("codepipeline")
    look_at_one_region(sql, "aws_codepipeline")
    sql("select * from iasql_begin()")
    sql("insert into iam_role (role_name, assume_role_policy_document) values ('runs', %s)", TRUST)
    sql("insert into codedeploy_application (name) values ('app')")
    sql("insert into codedeploy_deployment_group (name, application_id, role_name) select 'web', id, 'runs'"
        " from codedeploy_application")  # fmt: skip
    sql("insert into pipeline_declaration (name, artifact_store, stages, service_role_name)"
        " values ('p', '{\"type\": \"S3\", \"location\": \"bucket\"}', %s, 'runs')", STAGES)  # fmt: skip
    sql("select * from iasql_commit()")
    told = codedeploy.get_deployment_group(applicationName="app", deploymentGroupName="web")["deploymentGroupInfo"]
    assert told["serviceRoleArn"].endswith(":role/runs")
    (sent,) = [
        s["actions"][0] for s in codepipeline.get_pipeline(name="p")["pipeline"]["stages"] if s["name"] == "Source"
    ]
    assert sent["configuration"]["Repo"] == "r"
    row = sql.one("select stages::text, oauth_token from pipeline_declaration")
    assert "t0ken" not in row["stages"]
    assert row["oauth_token"] == "********"
    assert not any("t0ken" in str(row) for row in sql("select change::text, message from iasql_audit_log"))

    revision = {"revisionType": "S3", "s3Location": {"bucket": "b", "key": "k", "bundleType": "zip"}}
    codedeploy.create_deployment(applicationName="app", deploymentGroupName="web", revision=revision)
    sql("select * from iasql_refresh(array['codedeploy_deployment'])")
    assert sql.one("select g.name, d.location from codedeploy_deployment d"
                   " join codedeploy_deployment_group g on g.id = d.deployment_group_id") == {
        "name": "web", "location": revision,
    }  # fmt: skip
    refused = sql.one("select status, message from start_deployment('app', 'none', '{}')")
    assert refused["status"] == "KO"
    assert "codedeploy-agent" in str(
        sql.one("select generate_codedeploy_agent_install_script('us-east-1', 'ubuntu') s")["s"]
    )
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="no install script for arch"):
        sql("select generate_codedeploy_agent_install_script('us-east-1', 'arch')")
    with pytest.raises(psycopg.errors.RaiseException, match="cannot be modified"):
        sql("update pipeline_declaration set name = 'q'")

    sql("select * from iasql_begin()")
    sql("delete from pipeline_declaration")
    sql("select * from iasql_commit()")
    assert codepipeline.list_pipelines()["pipelines"] == []
