"""A private repository. AWS deletes none that still holds images."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from iasql.resource import (
    Aspect,
    Call,
    Json,
    Region,
    Resource,
    Tagging,
    Tags,
    cloud_id,
    column,
    computed,
    region,
    row,
)


@row
class Repository:
    """A private repository of container images."""

    repository_name: str = cloud_id()
    repository_arn: str | None = column()
    registry_id: str | None = computed()
    repository_uri: str | None = column()
    created_at: datetime | None = column()
    image_tag_mutability: Literal["IMMUTABLE", "MUTABLE"] = column(default="MUTABLE")
    scan_on_push: bool = column(default=False, member="imageScanningConfiguration.scanOnPush")
    encryption_configuration: Json | None = column(comment="How images are encrypted; null: as ECR does by default.")
    tags: Tags | None = column()
    region: Region = region()


SCANNING = {"scanOnPush": "$scan_on_push"}

REPOSITORY = Resource(
    Repository,
    service="ecr",
    shape="Repository",
    unique=(("repository_name", "region"),),
    list=Call("DescribeRepositories", "repositories", by={"repository_name": "repositoryNames"}),
    create=Call("CreateRepository", "repository", imageScanningConfiguration=SCANNING,
                imageTagMutabilityExclusionFilters=None),
    delete=Call("DeleteRepository"),
    absent="RepositoryNotFoundException",
    aspects=(
        Aspect("image_tag_mutability", put=Call("PutImageTagMutability", imageTagMutabilityExclusionFilters=None)),
        Aspect("scan_on_push", put=Call("PutImageScanningConfiguration", imageScanningConfiguration=SCANNING)),
        Tagging("tags", get=Call("ListTagsForResource", "tags", resourceArn="$repository_arn"),
                put=Call("TagResource", resourceArn="$repository_arn", tags="$set"),
                remove=Call("UntagResource", resourceArn="$repository_arn", tagKeys="$unset")),
    ),
)  # fmt: skip
