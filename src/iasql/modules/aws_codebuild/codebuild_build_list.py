"""Builds: start_build() makes one; deleting the row stops it, and makes CodeBuild forget it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Literal

from iasql.resource import Call, Region, Resource, cloud_id, column, ref, region, row, takes


@row
class CodebuildBuildList:
    """A build of a project, running or ended."""

    aws_id: str = cloud_id(member="id")
    arn: str | None = column()
    build_number: int | None = column()
    build_status: Literal["FAILED", "FAULT", "IN_PROGRESS", "STOPPED", "SUCCEEDED", "TIMED_OUT"] = column()
    end_time: datetime | None = column()
    start_time: datetime | None = column()
    region: Region = region()
    project_name: str | None = ref(
        "codebuild_project", column="project_name", called_by="project_name",
        comment="Null when the project is gone: its builds stay.",
    )  # fmt: skip


def builds(codebuild: Any, _: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The items of all builds, a hundred at a time."""
    for page in codebuild.get_paginator("list_builds").paginate():
        if page["ids"]:
            yield from codebuild.batch_get_builds(ids=page["ids"])["builds"]


@takes("aws_id")
def delete(codebuild: Any, build: Mapping[str, Any]) -> None:
    """Deletes a build, which must have ended."""
    ids = [build["aws_id"]]
    told = codebuild.batch_get_builds(ids=ids)["builds"]
    if any(one["buildStatus"] == "IN_PROGRESS" for one in told):
        codebuild.stop_build(id=build["aws_id"])
        wait(codebuild, build["aws_id"])
    if told:
        codebuild.batch_delete_builds(ids=ids)


def wait(codebuild: Any, build: str, seconds: float = 5.0) -> str:
    """How a build ended, once it has."""
    while True:
        told = codebuild.batch_get_builds(ids=[build])["builds"]
        status = str(told[0]["buildStatus"]) if told else "STOPPED"
        if status != "IN_PROGRESS":
            return status
        time.sleep(seconds)


CODEBUILD_BUILD_LIST = Resource(
    CodebuildBuildList,
    service="codebuild",
    shape="Build",
    unique=(("aws_id", "region"),),
    list=builds,
    get=Call("BatchGetBuilds", "builds[0]", ids=["$aws_id"]),
    delete=delete,
    absent="ResourceNotFoundException",
    holds_data="its record",
)
