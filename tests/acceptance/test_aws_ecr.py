"""Repositories and images as a user types them."""

from __future__ import annotations

import json

import psycopg
import pytest

from tests.acceptance.conftest import Sql, Stack, look_at_one_region

POLICY = json.dumps({
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": ["ecr:BatchGetImage"]}],
})  # fmt: skip
MANIFEST = json.dumps({
    "schemaVersion": 2, "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
    "config": {"size": 7, "digest": "sha256:a"}, "layers": [],
})  # fmt: skip


def test_repositories_and_images_come_and_go(sql: Sql, stack: Stack) -> None:
    ecr = stack.client("ecr")
    look_at_one_region(sql, "aws_ecr")
    sql("select * from iasql_begin()")
    sql("insert into repository (repository_name, tags) values ('app', '{\"a\": \"1\"}')")
    sql("insert into repository_policy (repository_id, policy) select id, %s from repository", POLICY)
    sql("select * from iasql_commit()")
    (made,) = ecr.describe_repositories()["repositories"]
    assert sql.one("select repository_uri, scan_on_push from repository") == {
        "repository_uri": made["repositoryUri"], "scan_on_push": False,
    }  # fmt: skip
    assert json.loads(ecr.get_repository_policy(repositoryName="app")["policyText"]) == json.loads(POLICY)

    sql("select * from iasql_begin()")
    sql("update repository set image_tag_mutability = 'IMMUTABLE', scan_on_push = true")
    sql("delete from repository_policy")
    sql("select * from iasql_commit()")
    (made,) = ecr.describe_repositories()["repositories"]
    assert (made["imageTagMutability"], made["imageScanningConfiguration"]["scanOnPush"]) == ("IMMUTABLE", True)

    ecr.put_image(repositoryName="app", imageManifest=MANIFEST, imageTag="one")
    sql("select * from iasql_refresh(array['repository', 'repository_image'])")
    image = sql.one(
        "select i.*, r.repository_name from repository_image i join repository r on r.id = private_repository_id"
    )
    assert (image["image_tag"], image["repository_name"], image["private_repository_region"]) == (
        "one",
        "app",
        "us-east-1",
    )
    with pytest.raises(psycopg.errors.RaiseException, match="region cannot be modified"):
        sql("update repository_image set private_repository_region = 'us-east-2'")

    sql("select * from iasql_begin()")
    sql("delete from repository_image")
    sql("delete from repository")
    sql("select * from iasql_commit()")
    assert ecr.describe_repositories()["repositories"] == []
