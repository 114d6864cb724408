"""A public repository: anybody may pull from it; all of them are in one region."""

from __future__ import annotations

from datetime import datetime

from iasql.resource import Call, Resource, Tagging, Tags, column, computed, key, row


@row
class PublicRepository:
    """A repository of container images in the public gallery."""

    repository_name: str = key()
    repository_arn: str | None = column()
    registry_id: str | None = computed()
    repository_uri: str | None = column()
    created_at: datetime | None = column()
    tags: Tags | None = column()


PUBLIC_REPOSITORY = Resource(
    PublicRepository,
    service="ecr-public",
    shape="Repository",
    list=Call("DescribeRepositories", "repositories", by={"repository_name": "repositoryNames"}),
    create=Call("CreateRepository", "repository"),
    delete=Call("DeleteRepository"),
    absent="RepositoryNotFoundException",
    aspects=(
        Tagging("tags", get=Call("ListTagsForResource", "tags", resourceArn="$repository_arn"),
                put=Call("TagResource", resourceArn="$repository_arn", tags="$set"),
                remove=Call("UntagResource", resourceArn="$repository_arn", tagKeys="$unset")),
    ),
)  # fmt: skip
