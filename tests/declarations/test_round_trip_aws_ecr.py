"""Repositories, policies and images against a stand-in; the public gallery, which it lacks, against canned answers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from iasql.cloud import reader, writer
from iasql.errors import InvalidArgument, NotInstalled
from iasql.modules.aws_ecr.build import ECR_BUILD
from iasql.resource import Image
from tests.declarations.stand_in import HERE, RESOURCES, THERE, Cloud, agrees
from tests.unit.cloud.canned import Canned


def push(cloud: Cloud, tag: str, region: str = HERE) -> None:
    manifest = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
        "config": {"size": 7, "digest": "sha256:a"},
        "layers": [],
    }  # fmt: skip
    cloud.client("ecr", region).put_image(repositoryName="app", imageManifest=json.dumps(manifest), imageTag=tag)


def pull_policy(account: str) -> dict[str, Any]:
    allow = {"Effect": "Allow", "Principal": {"AWS": account}, "Action": ["ecr:BatchGetImage"]}
    return {"Version": "2012-10-17", "Statement": [allow]}


@pytest.mark.parametrize("region", [HERE, THERE])
def test_repository(cloud: Cloud, region: str) -> None:
    row = cloud.create("repository", region, repository_name="app", scan_on_push=True,
                       image_tag_mutability="MUTABLE", tags={"a": "1"})  # fmt: skip
    assert agrees(row, region=region, scan_on_push=True, image_tag_mutability="MUTABLE", tags={"a": "1"})
    assert row["repository_arn"]
    assert row["repository_uri"].endswith("/app")
    assert row["created_at"]
    row = cloud.update("repository", row, region, scan_on_push=False, image_tag_mutability="IMMUTABLE", tags={"b": "2"})
    assert agrees(row, scan_on_push=False, image_tag_mutability="IMMUTABLE", tags={"b": "2"})
    cloud.delete("repository", row, region)


def test_policy(cloud: Cloud) -> None:
    cloud.create("repository", repository_name="app")
    row = cloud.create("repository_policy", repository_id="app", policy=pull_policy("123456789012"))
    assert agrees(row, repository_id="app", policy=pull_policy("123456789012"))
    row = cloud.update("repository_policy", row, policy=pull_policy("210987654321"))
    assert agrees(row, policy=pull_policy("210987654321"))
    cloud.delete("repository_policy", row)


def test_an_image_has_a_row_for_each_tag(cloud: Cloud) -> None:
    repository = cloud.create("repository", THERE, repository_name="app")
    push(cloud, "one", THERE)
    push(cloud, "two", THERE)
    images = {row["image_tag"]: row for row in cloud.all("repository_image", THERE)}
    assert set(images) == {"one", "two"}
    digest = images["one"]["image_digest"]
    assert agrees(images["one"], image_id=f"{digest}|one|private|app|{THERE}", private_repository_id="app",
                  private_repository_region=THERE, public_repository=None)  # fmt: skip
    assert images["one"]["pushed_at"]
    cloud.delete("repository_image", images["one"], THERE)
    assert [row["image_tag"] for row in cloud.all("repository_image", THERE)] == ["two"]
    cloud.delete("repository_image", images["two"], THERE)
    cloud.delete("repository", repository, THERE)


def test_a_repository_with_images_stays(cloud: Cloud) -> None:
    row = cloud.create("repository", repository_name="app")
    push(cloud, "one")
    with pytest.raises(Exception, match="RepositoryNotEmptyException"):
        cloud.delete("repository", row)


class Context:
    """What ecr_build may use: a stand-in, one repository, and the modules that are installed."""

    default_region = HERE

    def __init__(self, cloud: Cloud, repository: Image, *modules: str) -> None:
        self.client = cloud.client
        self.tables = {"repository": [repository | {"id": 7}], "iasql_module": [{"name": name} for name in modules]}

    def rows(self, table: str, **equal: Any) -> list[Image]:
        return [row for row in self.tables[table] if equal.items() <= row.items()]


@pytest.mark.aws_policies
def test_ecr_build(cloud: Cloud) -> None:
    """The stand-in builds nothing, so that the image is there before; what was made for the build is gone after."""
    repository = cloud.create("repository", repository_name="app")
    push(cloud, "latest")
    said = {"github_repo_url": "https://github.com/iasql/iasql", "ecr_repository_id": "7", "build_path": "",
            "github_ref": "", "github_personal_access_token": ""}  # fmt: skip
    seen: list[Any] = []
    codebuild = cloud.client("codebuild")
    codebuild.meta.events.register(
        "before-parameter-build.codebuild.CreateProject", lambda params, **_: seen.append(params)
    )
    (row,) = ECR_BUILD.run(Context(cloud, repository, "aws_iam", "aws_codebuild"), **said)
    (image,) = cloud.all("repository_image")
    assert row == {"imageid": image["image_id"]}
    assert seen[-1]["sourceVersion"] == "main"
    assert f"docker build -t {repository['repository_uri']}:latest ." in seen[-1]["source"]["buildspec"]
    assert codebuild.list_projects()["projects"] == cloud.client("iam").list_roles()["Roles"] == []
    with pytest.raises(NotInstalled, match="aws_codebuild"):
        list(ECR_BUILD.run(Context(cloud, repository, "aws_iam"), **said))
    with pytest.raises(InvalidArgument, match="no repository with id 9"):
        list(ECR_BUILD.run(Context(cloud, repository, "aws_iam", "aws_codebuild"), **said | {"ecr_repository_id": "9"}))


def gallery() -> Canned:
    """A public gallery with one repository, which holds one image without a tag."""
    told = {
        "repositoryName": "app",
        "repositoryArn": "arn:app",
        "registryId": "1",
        "repositoryUri": "public.ecr.aws/x/app",
    }
    image = {"imageDigest": "sha256:1", "registryId": "1", "imageSizeInBytes": 2_400_000}
    return Canned(
        DescribeRepositories={"repositories": [told]},
        CreateRepository={"repository": told},
        ListTagsForResource={"tags": [{"Key": "a", "Value": "1"}]},
        DescribeImages={"imageDetails": [image]},
    )


def test_public_repository() -> None:
    public, session = RESOURCES["public_repository"], gallery()
    made = writer.create(session, public, None, {"repository_name": "app", "tags": {"a": "1"}}, "token")
    assert session.sent("CreateRepository") == [{"repositoryName": "app", "tags": [{"Key": "a", "Value": "1"}]}]
    assert session.client("ecr-public", THERE).meta.region_name == "us-east-1"
    (row,) = reader.read_some(session, public, None, [made])
    assert agrees(row, repository_uri="public.ecr.aws/x/app", tags={"a": "1"})
    assert session.sent("DescribeRepositories") == [{"repositoryNames": ["app"]}]
    writer.update(session, public, None, row, row | {"tags": {"b": "2"}}, frozenset(["tags"]))
    assert session.sent("UntagResource") == [{"resourceArn": "arn:app", "tagKeys": ["a"]}]
    writer.delete(session, public, None, row)
    assert session.sent("DeleteRepository") == [{"repositoryName": "app"}]


def test_an_image_in_the_gallery() -> None:
    images, session = RESOURCES["repository_image"], gallery()
    (row,) = reader.read_all(session, images, None, {"public_repository": [{"repository_name": "app"}]})
    assert agrees(row, image_id="sha256:1|<untagged>|public|app", image_tag="<untagged>", size_in_mb=2,
                  public_repository="app", private_repository_id=None)  # fmt: skip
    assert reader.read_some(session, images, None, [row]) == [row]
    writer.delete(session, images, None, row)
    assert session.sent("BatchDeleteImage") == [{"repositoryName": "app", "imageIds": [{"imageDigest": "sha256:1"}]}]
