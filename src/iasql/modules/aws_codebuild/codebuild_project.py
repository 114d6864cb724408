"""A project: where sources come from, and in which container they are built."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from iasql.resource import (
    Call,
    Json,
    Region,
    Resource,
    Tags,
    cloud_id,
    column,
    ref,
    region,
    row,
    secret,
    takes,
)
from iasql.resource.kinds import Text


def variables(project: Mapping[str, Any]) -> dict[str, Any] | None:
    """Names and values of a project's environment; what CodeBuild looks up elsewhere says where."""
    told = (project.get("environment") or {}).get("environmentVariables") or ()
    return {one["name"]: _variable(one) for one in told} or None


def _variable(one: Mapping[str, Any]) -> Any:
    plain = one.get("type", "PLAINTEXT") == "PLAINTEXT"
    return one["value"] if plain else {"type": one["type"], "value": one["value"]}


@row
class CodebuildProject:
    """A way to build sources, in a container."""

    project_name: str = cloud_id(member="name")
    arn: str | None = column()
    build_spec: str | None = column(
        path="source.buildspec", kind=Text(sql="text"), comment="The commands, or the name of a file with them."
    )
    source_location: str | None = column(path="source.location")
    image: str = column(default="aws/codebuild/standard:6.0", path="environment.image")
    compute_type: Literal[
        "BUILD_GENERAL1_SMALL", "BUILD_GENERAL1_MEDIUM", "BUILD_GENERAL1_LARGE", "BUILD_GENERAL1_2XLARGE"
    ] = column(default="BUILD_GENERAL1_SMALL", path="environment.computeType")
    environment_type: Literal[
        "ARM_CONTAINER", "LINUX_CONTAINER", "LINUX_GPU_CONTAINER", "WINDOWS_CONTAINER", "WINDOWS_SERVER_2019_CONTAINER"
    ] = column(default="LINUX_CONTAINER", path="environment.type")
    source_version: str | None = column()
    source_type: Literal["GITHUB", "CODEPIPELINE", "NO_SOURCE"] = column(path="source.type")
    environment_variables: Json | None = secret(
        path=variables,
        comment='Names and values, kept secret; {"type": "PARAMETER_STORE", "value": name} for what is looked up.',
    )
    privileged_mode: bool = column(default=True, path="environment.privilegedMode")
    tags: Tags | None = column()
    region: Region = region()
    service_role_name: str | None = ref(
        "iam_role", column="role_name", called_by="arn", member="serviceRole", needed=True
    )


COLUMNS = (
    "project_name", "build_spec", "source_location", "image", "compute_type", "environment_type", "source_version",
    "source_type", "environment_variables", "privileged_mode", "tags", "service_role_name",
)  # fmt: skip


def sent(row: Mapping[str, Any]) -> dict[str, Any]:
    """The project of a row, as CodeBuild takes it."""
    source = {"type": row["source_type"], "location": row.get("source_location"), "buildspec": row.get("build_spec")}
    environment = {
        "type": row["environment_type"],
        "image": row["image"],
        "computeType": row["compute_type"],
        "privilegedMode": row["privileged_mode"],
        "environmentVariables": [_sent(n, v) for n, v in sorted((row.get("environment_variables") or {}).items())],
    }
    piped = row["source_type"] == "CODEPIPELINE"
    return {
        "name": row["project_name"],
        "source": {member: value for member, value in source.items() if value is not None},
        "artifacts": {"type": "CODEPIPELINE" if piped else "NO_ARTIFACTS"},
        "environment": environment,
        "serviceRole": row.get("service_role_name"),
        "tags": [{"key": tag["Key"], "value": tag["Value"]} for tag in row.get("tags") or ()],
        **({"sourceVersion": row["source_version"]} if row.get("source_version") else {}),
    }


def _sent(name: str, value: Any) -> dict[str, str]:
    known = value if isinstance(value, Mapping) else {"type": "PLAINTEXT", "value": str(value)}
    return {"name": name, **known}


@takes(*COLUMNS)
def create(codebuild: Any, row: Mapping[str, Any]) -> Any:
    """Makes the project."""
    return codebuild.create_project(**sent(row))["project"]


@takes(*(name for name in COLUMNS if name != "project_name"))
def update(codebuild: Any, row: Mapping[str, Any]) -> None:
    """Changes the project in place."""
    cleared = {} if row.get("source_version") else {"sourceVersion": ""}
    codebuild.update_project(**sent(row), **cleared)


CODEBUILD_PROJECT = Resource(
    CodebuildProject,
    service="codebuild",
    shape="Project",
    unique=(("project_name", "region"),),
    list=Call("ListProjects", "projects[].{name: @}"),
    details=Call("BatchGetProjects", "projects[0]", names=["$project_name"]),
    create=create,
    update=update,
    delete=Call("DeleteProject", name="$project_name"),
    absent="ResourceNotFoundException",
    # A new role is not known everywhere at once.
    not_yet="InvalidInputException: not authorized to perform: sts:AssumeRole",
    replace_order="delete_first",
)
