"""What ecr_build() builds with: a role that CodeBuild may assume, and a project that pushes what it has built."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

POLICIES = (
    "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPowerUser",
    "arn:aws:iam::aws:policy/CloudWatchLogsFullAccess",
)
TRUST = json.dumps({
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "codebuild.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
})  # fmt: skip
SPEC = """\
version: 0.2

phases:
  pre_build:
    commands:
      - aws ecr get-login-password --region {region} | docker login --username AWS --password-stdin {registry}
  build:
    commands:
      - docker build -t {uri}:latest {path}
  post_build:
    commands:
      - docker push {uri}:latest
"""


def project(name: str, url: str, ref: str, path: str, repository: Mapping[str, Any]) -> dict[str, Any]:
    """The project that builds what is at a path of sources, as CodeBuild takes it."""
    uri = str(repository["repository_uri"])
    spec = SPEC.format(region=repository["region"], registry=uri.partition("/")[0], uri=uri, path=path)
    return {
        "name": name,
        "source": {"type": "GITHUB", "location": url, "buildspec": spec},
        "sourceVersion": ref,
        "artifacts": {"type": "NO_ARTIFACTS"},
        "environment": {
            "type": "LINUX_CONTAINER",
            "image": "aws/codebuild/standard:7.0",
            "computeType": "BUILD_GENERAL1_SMALL",
            "privilegedMode": True,
        },
    }
