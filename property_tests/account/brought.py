"""How rows come to be that functions alone make."""

from __future__ import annotations

from collections.abc import Callable

from iasql.cloud.session import Session
from iasql.resource import Image

REGION = "us-east-1"


def put_object(session: Session, parent: Image) -> None:
    session.client("s3").put_object(Bucket=parent["name"], Key="a/b.txt", Body=b"x")


def request_certificate(session: Session, parent: Image) -> None:
    session.client("acm", REGION).request_certificate(DomainName="a.example")


def create_access_key(session: Session, parent: Image) -> None:
    session.client("iam").create_access_key(UserName=parent["user_name"])


def push_image(session: Session, parent: Image) -> None:
    media = "application/vnd.docker.distribution.manifest.v2+json"
    manifest = '{"schemaVersion": 2, "config": {"size": 1, "digest": "sha256:1"}, "layers": []}'
    session.client("ecr").put_image(
        repositoryName=parent["repository_name"],
        imageManifest=manifest,
        imageManifestMediaType=media,
        imageTag="latest",
    )


def create_key_pair(session: Session, parent: Image) -> None:
    session.client("ec2", REGION).create_key_pair(KeyName="k")


def run_instance(session: Session, parent: Image) -> None:
    session.client("ec2", REGION).run_instances(ImageId="ami-1e749f67", MinCount=1, MaxCount=1)


def deploy(session: Session, parent: Image) -> None:
    codedeploy, names = session.client("codedeploy"), {"applicationName": "deployed", "deploymentGroupName": "group"}
    codedeploy.create_application(applicationName="deployed")
    codedeploy.create_deployment_group(**names, serviceRoleArn="arn:aws:iam::123456789012:role/r")
    location = {"bucket": "b", "key": "k", "bundleType": "zip"}
    codedeploy.create_deployment(**names, revision={"revisionType": "S3", "s3Location": location})


BROUGHT: dict[str, Callable[[Session, Image], None]] = {
    "key_pair": create_key_pair,
    "instance_metadata": run_instance,
    "bucket_object": put_object,
    "access_key": create_access_key,
    "certificate": request_certificate,
    "repository_image": push_image,
    "codedeploy_deployment": deploy,
    "container_definition": lambda session, parent: None,  # it comes with its task definition
}
"""Tables whose rows come by functions only -> how one comes to be."""
