"""A pipeline. A token in its stages is moved to a column of its own, which is kept secret, since CodePipeline tells
`****` in its place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iasql.resource import (
    Call,
    Fixed,
    Json,
    Region,
    Resource,
    Tagging,
    Tags,
    cloud_id,
    column,
    ref,
    region,
    row,
    secret,
    takes,
)

HIDDEN = "****"
"""What stands in the stages for a token, here as in CodePipeline's answers."""


def told(pipeline: Mapping[str, Any]) -> Any:
    """A pipeline's stages, its token hidden whatever the answer holds."""
    return filled(pipeline["stages"], HIDDEN) if "stages" in pipeline else None


def filled(part: Any, token: str | None) -> Any:
    """A part of the stages with the token where it belongs; without one, as CodePipeline keeps it."""
    if isinstance(part, dict):
        return {name: token if name == "OAuthToken" and token else filled(value, token) for name, value in part.items()}
    return [filled(one, token) for one in part] if isinstance(part, list) else part


@row
class PipelineDeclaration:
    """The stages through which a change goes, from its source to where it is deployed."""

    name: str = cloud_id()
    arn: str | None = column(member="pipelineArn")
    artifact_store: Json = column()
    stages: Json | None = column(path=told, comment="In the place of a token stands ****; see oauth_token.")
    oauth_token: str | None = secret(role="write_only", comment="The token of a GitHub source; taken out of stages.")
    tags: Tags | None = column()
    region: Region = region()
    service_role_name: str | None = ref("iam_role", column="role_name", called_by="arn", member="roleArn", needed=True)


def sent(row: Mapping[str, Any]) -> dict[str, Any]:
    """The pipeline of a row, as CodePipeline takes it."""
    return {
        "name": row["name"],
        "roleArn": row.get("service_role_name"),
        "artifactStore": row["artifact_store"],
        "stages": filled(row.get("stages") or [], row.get("oauth_token")),
    }


@takes("name", "artifact_store", "stages", "oauth_token", "tags", "service_role_name")
def create(codepipeline: Any, row: Mapping[str, Any]) -> Any:
    """Makes the pipeline, which starts to run."""
    tags = [{"key": tag["Key"], "value": tag["Value"]} for tag in row.get("tags") or ()]
    made = codepipeline.create_pipeline(pipeline=sent(row), **({"tags": tags} if tags else {}))
    told = codepipeline.get_pipeline(name=row["name"])
    return {**made["pipeline"], "stages": row.get("stages"), "pipelineArn": told.get("metadata", {}).get("pipelineArn")}


@takes("artifact_store", "stages", "oauth_token", "service_role_name")
def update(codepipeline: Any, row: Mapping[str, Any]) -> None:
    """Changes the pipeline in place."""
    codepipeline.update_pipeline(pipeline=sent(row))


PIPELINE_DECLARATION = Resource(
    PipelineDeclaration,
    service="codepipeline",
    shape="PipelineDeclaration",
    unique=(("name", "region"),),
    fixed=Fixed(
        columns=("name", "region"),
        guard="block_codepipeline_primary_key_update",
        what="Pipeline name or region",
        hint="Insert a pipeline of the new name or region, then delete this row.",
    ),
    list=Call("ListPipelines", "pipelines[].{name: name}"),
    details=Call("GetPipeline", "merge(pipeline, {pipelineArn: metadata.pipelineArn})", version=None),
    create=create,
    update=update,
    delete=Call("DeletePipeline"),
    absent="PipelineNotFoundException",
    # A new role is not known everywhere at once.
    not_yet="InvalidStructureException: CodePipeline is not authorized to perform AssumeRole",
    aspects=(
        Tagging(
            "tags",
            get=Call("ListTagsForResource", "tags", resourceArn="$arn"),
            put=Call("TagResource", resourceArn="$arn", tags="$set"),
            remove=Call("UntagResource", resourceArn="$arn", tagKeys="$unset"),
        ),
    ),
)
