"""Projects, builds and source credentials: against a stand-in as far as it has the operations, else canned answers."""

from __future__ import annotations

from typing import Any

import pytest

from iasql.cloud import reader, writer
from iasql.modules.aws_codebuild.build import START_BUILD
from iasql.modules.aws_codebuild.credential import IMPORT_SOURCE_CREDENTIAL
from iasql.resource import Image
from tests.declarations.stand_in import HERE, RESOURCES, Cloud, agrees
from tests.unit.cloud.canned import Canned

ROLE = "arn:aws:iam::123456789012:role/r"
PROJECT: Image = {
    "project_name": "app", "source_type": "GITHUB", "source_location": "https://github.com/iasql/iasql.git",
    "image": "aws/codebuild/standard:7.0", "compute_type": "BUILD_GENERAL1_SMALL", "source_version": "main",
    "environment_type": "LINUX_CONTAINER", "privileged_mode": True, "service_role_name": ROLE, "tags": {"a": "1"},
    "environment_variables": {"A": "1", "B": {"type": "PARAMETER_STORE", "value": "/b"}},
}  # fmt: skip


class Context:
    """What a function may use: canned answers, and one project."""

    default_region = HERE

    def __init__(self, session: Canned | Any) -> None:
        self.client = session.client

    def rows(self, table: str, **equal: Any) -> list[Image]:
        return [row for row in ({"project_name": "app", "region": HERE},) if equal.items() <= row.items()]


def test_project_and_build(cloud: Cloud) -> None:
    row = cloud.create("codebuild_project", **PROJECT)
    assert agrees(row, **PROJECT)
    (told,) = START_BUILD.run(Context(cloud), code_build_project_name="app", region=None)
    assert (told["name"], told["status"]) == ("app", "OK")
    (told,) = START_BUILD.run(Context(cloud), code_build_project_name="none", region=None)
    assert told == {"name": "none", "status": "KO", "message": "Codebuild project not found"}
    (build,) = cloud.all("codebuild_build_list")
    assert agrees(build, build_status="SUCCEEDED", project_name="app", region=HERE)
    (again,) = reader.read_some(cloud.session, RESOURCES["codebuild_build_list"], HERE, [build])
    assert again["aws_id"] == build["aws_id"]
    cloud.delete("codebuild_project", row)


def test_a_project_is_changed_in_place() -> None:
    session, table = Canned(UpdateProject={}), RESOURCES["codebuild_project"]
    before = PROJECT | {"region": HERE, "build_spec": None, "arn": "arn:p"}
    after = before | {"source_version": None, "tags": None, "image": "aws/codebuild/standard:8.0"}
    writer.update(session, table, HERE, before, after, frozenset(["source_version", "tags", "image"]))
    (sent,) = session.sent("UpdateProject")
    assert (sent["name"], sent["sourceVersion"], sent["tags"], sent["serviceRole"]) == ("app", "", [], ROLE)
    assert sent["environment"]["image"] == "aws/codebuild/standard:8.0"


@pytest.mark.parametrize("status", ["SUCCEEDED", "IN_PROGRESS"])
def test_a_build_is_stopped_before_it_is_deleted(status: str) -> None:
    told = iter([status, "STOPPED"])
    session = Canned(
        BatchGetBuilds=lambda _: {"builds": [{"id": "app:1", "buildStatus": next(told)}]},
        StopBuild={},
        BatchDeleteBuilds={},
    )
    writer.delete(session, RESOURCES["codebuild_build_list"], HERE, {"aws_id": "app:1", "region": HERE})
    assert session.sent("BatchDeleteBuilds") == [{"ids": ["app:1"]}]
    assert ("StopBuild" in session.operations) is (status == "IN_PROGRESS")


def test_source_credentials() -> None:
    told = {"arn": "arn:c", "serverType": "GITHUB", "authType": "PERSONAL_ACCESS_TOKEN"}
    session, table = (
        Canned(ListSourceCredentials={"sourceCredentialsInfos": [told]}),
        RESOURCES["source_credentials_list"],
    )
    (row,) = reader.read_all(session, table, HERE, {})
    assert row == {"arn": "arn:c", "source_type": "GITHUB", "auth_type": "PERSONAL_ACCESS_TOKEN", "region": HERE}
    writer.delete(session, table, HERE, row)
    assert session.sent("DeleteSourceCredentials") == [{"arn": "arn:c"}]


def test_importing_credentials() -> None:
    session = Canned(ImportSourceCredentials={"arn": "arn:c"})
    said = {"region": HERE, "token": "t0ken", "server_type": None, "auth_type": None}
    (row,) = IMPORT_SOURCE_CREDENTIAL.run(Context(session), **said)
    assert row == {"arn": "arn:c", "status": "OK", "message": "Source credential imported"}
    assert session.sent("ImportSourceCredentials") == [
        {"token": "t0ken", "serverType": "GITHUB", "authType": "PERSONAL_ACCESS_TOKEN"}
    ]
    (row,) = IMPORT_SOURCE_CREDENTIAL.run(Context(session), **said | {"server_type": "GITEA"})
    assert row["status"] == "ERROR"
    assert "BITBUCKET, GITHUB, GITHUB_ENTERPRISE" in row["message"]
    (row,) = IMPORT_SOURCE_CREDENTIAL.run(Context(Canned(ImportSourceCredentials="OAuthProviderException")), **said)
    assert row["status"] == "ERROR"
    assert "t0ken" not in row["message"]
