"""start_build: a build of a project, waited for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from iasql.modules.aws_codebuild.codebuild_build_list import wait
from iasql.resource import Argument, Function

if TYPE_CHECKING:
    from collections.abc import Iterator


def start(context: Any, *, code_build_project_name: str, region: str | None) -> Iterator[dict[str, Any]]:
    """One row: OK once the build has succeeded, else KO and how it ended."""
    name, place = code_build_project_name, region or context.default_region
    status, message = "KO", "Codebuild project not found"
    if context.rows("codebuild_project", project_name=name, region=place):
        status, message = built(context.client("codebuild", place), name)
    yield {"name": name, "status": status, "message": message}


def built(codebuild: Any, project: str, **said: Any) -> tuple[str, str]:
    """OK or KO, and why, of one build."""
    try:
        build = codebuild.start_build(projectName=project, **said)["build"]["id"]
        ended = wait(codebuild, build)
    except (ClientError, BotoCoreError) as error:
        return "KO", str(error)
    return ("OK" if ended == "SUCCEEDED" else "KO"), f"Build {build} ended as {ended}"


START_BUILD = Function(
    name="start_build",
    arguments=(Argument("code_build_project_name", "text"), Argument("region", "text", "default_aws_region()")),
    returns=(("name", "text"), ("status", "text"), ("message", "text")),
    run=start,
    mutates=True,
    refreshes=("codebuild_build_list",),
    comment="Builds a CodeBuild project, and comes back when the build has ended.",
    sample="select * from start_build('my-project')",
)
