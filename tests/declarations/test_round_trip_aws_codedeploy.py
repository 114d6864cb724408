"""Applications, deployment groups, deployments and pipelines: against a stand-in as far as it has the operations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from iasql.cloud import writer
from iasql.errors import InvalidArgument
from iasql.modules.aws_codedeploy.start import START_DEPLOYMENT
from iasql.resource import Image
from tests.declarations.stand_in import HERE, RESOURCES, THERE, Cloud, agrees
from tests.unit.cloud.canned import Canned

ROLE = "arn:aws:iam::123456789012:role/r"
REVISION = {"revisionType": "S3", "s3Location": {"bucket": "b", "key": "k", "bundleType": "zip"}}
FILTERS = [{"Key": "a", "Value": "1", "Type": "KEY_AND_VALUE"}]


@pytest.fixture
def group(cloud: Cloud) -> Image:
    """A deployment group of an application."""
    made = cloud.create("codedeploy_application", name="app", compute_platform="Server")
    assert agrees(made, name="app", compute_platform="Server", region=HERE)
    assert made["application_id"]
    row = {"name": "web", "application_id": "app", "role_name": ROLE, "ec2_tag_filters": FILTERS}
    return cloud.create("codedeploy_deployment_group", **row, deployment_config_name="CodeDeployDefault.AllAtOnce")


def test_groups_and_deployments(cloud: Cloud, group: Image) -> None:
    assert agrees(group, name="web", application_id="app", role_name=ROLE, ec2_tag_filters=FILTERS,
                  deployment_config_name="CodeDeployDefault.AllAtOnce", full_name="app/web")  # fmt: skip
    client = cloud.client("codedeploy")
    client.create_deployment(applicationName="app", deploymentGroupName="web", revision=REVISION, description="d")
    (row,) = cloud.all("codedeploy_deployment")
    assert agrees(row, application_id="app", deployment_group_id="app/web", description="d", location=REVISION)
    assert cloud.read("codedeploy_deployment", row) == row


def test_they_are_made_elsewhere(cloud: Cloud) -> None:
    cloud.create("codedeploy_application", THERE, name="app", compute_platform="Server")
    row = cloud.create("codedeploy_deployment_group", THERE, name="web", application_id="app", role_name=ROLE)
    assert agrees(row, name="web", region=THERE)
    assert cloud.all("codedeploy_application") == cloud.all("codedeploy_deployment_group") == []


def test_changing_and_deleting_a_group() -> None:
    session, table = (
        Canned(UpdateDeploymentGroup={}, DeleteDeploymentGroup={}),
        RESOURCES["codedeploy_deployment_group"],
    )
    before = {"name": "web", "application_id": "app", "role_name": ROLE, "region": HERE,
              "deployment_config_name": "CodeDeployDefault.OneAtATime"}  # fmt: skip
    after = before | {"deployment_config_name": "CodeDeployDefault.AllAtOnce"}
    writer.update(session, table, HERE, before, after, frozenset(["deployment_config_name"]))
    (sent,) = session.sent("UpdateDeploymentGroup")
    assert agrees(sent, applicationName="app", currentDeploymentGroupName="web", serviceRoleArn=ROLE,
                  deploymentConfigName="CodeDeployDefault.AllAtOnce")  # fmt: skip
    writer.delete(session, table, HERE, after)
    assert session.sent("DeleteDeploymentGroup") == [{"applicationName": "app", "deploymentGroupName": "web"}]


def test_deleting_an_application() -> None:
    session = Canned(DeleteApplication={})
    writer.delete(session, RESOURCES["codedeploy_application"], HERE, {"name": "app", "region": HERE})
    assert session.sent("DeleteApplication") == [{"applicationName": "app"}]


class Context:
    """What start_deployment may use."""

    default_region = HERE

    def __init__(self, session: Canned) -> None:
        self.client = session.client

    def rows(self, table: str, **equal: Any) -> list[Image]:
        rows = {"codedeploy_application": {"id": 1, "name": "app", "region": HERE},
                "codedeploy_deployment_group": {"name": "web", "application_id": 1}}  # fmt: skip
        return [rows[table]] if equal.items() <= rows[table].items() else []


def started(session: Canned, **said: Any) -> Iterator[dict[str, Any]]:
    arguments = {"application_name": "app", "deployment_group_name": "web", "region": None}
    return START_DEPLOYMENT.run(Context(session), **arguments | {"revision": '{"revisionType": "S3"}'} | said)


def test_starting_a_deployment() -> None:
    done = {"deploymentInfo": {"status": "Succeeded"}}
    session = Canned(CreateDeployment={"deploymentId": "d-1"}, GetDeployment=done)
    assert list(started(session)) == [{"id": "d-1", "status": "OK", "message": "Deployment succeeded"}]
    assert session.sent("CreateDeployment")[0]["revision"] == {"revisionType": "S3"}
    failed = Canned(CreateDeployment={"deploymentId": "d-1"}, GetDeployment={"deploymentInfo": {"status": "Failed"}})
    assert [(row["id"], row["status"]) for row in started(failed)] == [("d-1", "KO")]
    (row,) = started(session, deployment_group_name="none")
    assert (row["status"], row["message"]) == (
        "KO",
        "There is no deployment group none of application app in us-east-1",
    )
    with pytest.raises(InvalidArgument, match="no JSON"):
        list(started(session, revision="{a}"))


def action(category: str, owner: str, provider: str, **configuration: str) -> dict[str, Any]:
    kind = {"category": category, "owner": owner, "provider": provider, "version": "1"}
    return {"name": category, "actionTypeId": kind, "configuration": configuration, "inputArtifacts": [],
            "outputArtifacts": [], "runOrder": 1}  # fmt: skip


def stages(token: str) -> list[dict[str, Any]]:
    source = action("Source", "ThirdParty", "GitHub", Owner="o", Repo="r", Branch="main", OAuthToken=token)
    deploy = action("Deploy", "AWS", "CodeDeploy", ApplicationName="app", DeploymentGroupName="web")
    return [{"name": "Source", "actions": [source]}, {"name": "Deploy", "actions": [deploy]}]


def test_pipeline(cloud: Cloud) -> None:
    allow = {"Effect": "Allow", "Principal": {"Service": "codepipeline.amazonaws.com"}, "Action": "sts:AssumeRole"}
    trust = {"Version": "2012-10-17", "Statement": [allow]}
    role = cloud.create("iam_role", role_name="r", assume_role_policy_document=trust)["arn"]
    store = {"type": "S3", "location": "bucket-a"}
    row = cloud.create("pipeline_declaration", name="p", artifact_store=store, stages=stages("****"), tags={"a": "1"},
                       oauth_token="t0ken", service_role_name=role)  # fmt: skip
    assert agrees(row, name="p", artifact_store=store, service_role_name=role, oauth_token=None, tags={"a": "1"})
    assert [stage["name"] for stage in row["stages"]] == ["Source", "Deploy"]
    told = cloud.client("codepipeline").get_pipeline(name="p")["pipeline"]
    assert "t0ken" in str(told) or "****" in str(told)
    row = cloud.update(
        "pipeline_declaration", row, artifact_store={"type": "S3", "location": "bucket-b"}, tags={"b": "2"}
    )
    assert agrees(row, artifact_store={"type": "S3", "location": "bucket-b"}, tags={"b": "2"})
    cloud.delete("pipeline_declaration", row)


def test_a_token_goes_with_the_call_only() -> None:
    session, table = (
        Canned(CreatePipeline=lambda sent: {"pipeline": sent["pipeline"]}),
        RESOURCES["pipeline_declaration"],
    )
    row = {"name": "p", "artifact_store": {"type": "S3", "location": "bucket-a"}, "stages": stages("****"),
           "region": HERE, "oauth_token": "t0ken", "service_role_name": ROLE}  # fmt: skip
    made = writer.create(session, table, HERE, row, "token")
    (sent,) = session.sent("CreatePipeline")
    assert sent["pipeline"]["stages"] == stages("t0ken")
    assert made["stages"] == stages("****")
