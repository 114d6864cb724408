"""ecr_build: an image built from sources at GitHub and pushed to a repository, by a role and a build project that are
made for it and taken away again."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from iasql.errors import InvalidArgument, NotInstalled
from iasql.modules.aws_codebuild.build import built
from iasql.modules.aws_ecr.builder import POLICIES, TRUST, project
from iasql.modules.aws_ecr.repository_image import tagged
from iasql.resource import Argument, Function

if TYPE_CHECKING:
    from collections.abc import Mapping

TAG = "latest"
TRIES = 12
"""How often a project is tried with a role that is not known everywhere yet."""


def build(
    context: Any,
    *,
    github_repo_url: str,
    ecr_repository_id: str,
    build_path: str | None,
    github_ref: str | None,
    github_personal_access_token: str | None,
) -> Iterator[dict[str, Any]]:
    """One row with the id of the image; raises InvalidArgument where the build fails."""
    for module in ("aws_iam", "aws_codebuild"):
        if not context.rows("iasql_module", name=module):
            raise NotInstalled(f"ecr_build needs the module {module}", hint=f"select iasql_install('{module}')")
    repository = known(context, ecr_repository_id)
    name = f"iasql-ecr-build-{repository['repository_name'].replace('/', '-')}"[:60]
    codebuild = context.client("codebuild", repository["region"])
    said = project(name, github_repo_url, github_ref or "main", build_path or ".", repository)
    with ExitStack() as stack:
        if github_personal_access_token:
            stack.enter_context(credential(codebuild, github_personal_access_token))
        role = stack.enter_context(builder(context.client("iam"), name))
        stack.enter_context(made(codebuild, said | {"serviceRole": role}))
        status, message = built(codebuild, name)
    if status != "OK":
        raise InvalidArgument(f"ecr_build: {message}")
    yield {"imageid": image(context, repository)}


def known(context: Any, number: str) -> Mapping[str, Any]:
    """The repository of that id."""
    found = context.rows("repository", id=int(number)) if str(number).isdigit() else []
    if not found:
        raise InvalidArgument(f"there is no repository with id {number}")
    row: Mapping[str, Any] = found[0]
    return row


@contextmanager
def credential(codebuild: Any, token: str) -> Iterator[None]:
    """A credential for GitHub; where the account has one it is replaced, since CodeBuild keeps one a provider."""
    told = codebuild.import_source_credentials(
        token=token, serverType="GITHUB", authType="PERSONAL_ACCESS_TOKEN", shouldOverwrite=True
    )
    try:
        yield
    finally:
        codebuild.delete_source_credentials(arn=told["arn"])


@contextmanager
def builder(iam: Any, name: str) -> Iterator[str]:
    """A role that may build and push."""
    arn = str(iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)["Role"]["Arn"])
    try:
        for policy in POLICIES:
            iam.attach_role_policy(RoleName=name, PolicyArn=policy)
        yield arn
    finally:
        for attached in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
            iam.detach_role_policy(RoleName=name, PolicyArn=attached["PolicyArn"])
        iam.delete_role(RoleName=name)


@contextmanager
def made(codebuild: Any, said: dict[str, Any]) -> Iterator[None]:
    """A build project, tried again while its role is not known everywhere."""
    for left in reversed(range(TRIES)):
        try:
            codebuild.create_project(**said)
            break
        except ClientError as error:
            if not left or "sts:AssumeRole" not in str(error):
                raise
            time.sleep(5)
    try:
        yield
    finally:
        codebuild.delete_project(name=said["name"])


def image(context: Any, repository: Mapping[str, Any]) -> str:
    """The id of the image that was pushed."""
    place = {"repositoryName": repository["repository_name"]}
    ecr = context.client("ecr", repository["region"])
    (told,) = ecr.describe_images(**place, imageIds=[{"imageTag": TAG}])["imageDetails"]
    items = tagged(told, repository["repository_name"], repository["region"])
    return str(next(item["imageId"] for item in items if item["imageTag"] == TAG))


ECR_BUILD = Function(
    name="ecr_build",
    arguments=(
        Argument("github_repo_url", "text"),
        Argument("ecr_repository_id", "text"),
        Argument("build_path", "text", "''"),
        Argument("github_ref", "text", "''"),
        Argument("github_personal_access_token", "text", "''"),
    ),
    returns=(("imageid", "text"),),
    run=build,
    mutates=True,
    refreshes=("repository_image",),
    comment="Builds an image from sources at GitHub and pushes it to a repository as latest.",
    sample="select ecr_build('https://github.com/iasql/iasql', (select id from repository limit 1)::text, '.', 'main')",
)
