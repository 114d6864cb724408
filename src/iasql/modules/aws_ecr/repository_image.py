"""An image under one of its tags. It comes by `docker push` or ecr_build(); deleting the row takes the tag away, and
with its last tag the image."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from iasql.resource import Fixed, Region, Resource, cloud_id, column, ref, row, takes

UNTAGGED = "<untagged>"
"""What stands for the tag of an image that has none, as Docker shows it."""


@row
class RepositoryImage:
    """A container image in a repository, under one tag."""

    image_id: str = cloud_id(comment="Its digest, tag, kind of repository, repository and region, with | between.")
    image_digest: str = column()
    image_tag: str = column()
    registry_id: str | None = column()
    pushed_at: datetime | None = column(member="imagePushedAt")
    size_in_mb: int | None = column(path=lambda image: _megabytes(image.get("imageSizeInBytes")))
    private_repository_region: Region | None = ref("aws_regions", column="region", with_region=False)
    private_repository_id: int | None = ref("repository", region_column="private_repository_region")
    public_repository: str | None = ref("public_repository", column="repository_name")


def _megabytes(size: int | None) -> int | None:
    return None if size is None else round(size / 1_000_000)


def found(ecr: Any, place: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The items of a repository's images, one a tag."""
    public = place.get("public_repository")
    client, name = (gallery(ecr), public) if public else (ecr, place["private_repository_id"])
    pages = client.get_paginator("describe_images").paginate(repositoryName=name)
    for image in pages.search("imageDetails[]"):
        yield from tagged(image, name, None if public else place["region"])


def one(ecr: Any, row: Mapping[str, Any]) -> dict[str, Any] | None:
    """The item of one image, told by its id."""
    digest, tag, kind, name, *region = str(row["image_id"]).split("|")
    client = gallery(ecr) if kind == "public" else ecr.elsewhere(region[0])
    images = client.describe_images(repositoryName=name, imageIds=[{"imageDigest": digest}])["imageDetails"]
    items = (item for image in images for item in tagged(image, name, region[0] if region else None))
    return next((item for item in items if item["imageTag"] == tag), None)


def tagged(image: Mapping[str, Any], name: str, region: str | None) -> Iterator[dict[str, Any]]:
    """One item a tag; a region only where the repository is private."""
    place = {"privateRepositoryId": name, "privateRepositoryRegion": region} if region else {"publicRepository": name}
    kind = ("private", name, region) if region else ("public", name)
    for tag in image.get("imageTags") or [UNTAGGED]:
        yield {**image, **place, "imageTag": tag, "imageId": "|".join((image["imageDigest"], tag, *map(str, kind)))}


@takes("image_digest", "image_tag")
def delete(ecr: Any, row: Mapping[str, Any]) -> None:
    """Takes the tag away; ECR deletes an image with its last tag."""
    _, tag, kind, name, *region = str(row["image_id"]).split("|")
    client = gallery(ecr) if kind == "public" else ecr.elsewhere(region[0])
    which = {"imageDigest": row["image_digest"]} if tag == UNTAGGED else {"imageTag": tag}
    client.batch_delete_image(repositoryName=name, imageIds=[which])


def gallery(ecr: Any) -> Any:
    """The client of the public gallery."""
    return ecr.elsewhere(None, "ecr-public")


REPOSITORY_IMAGE = Resource(
    RepositoryImage,
    service="ecr",
    shape="ImageDetail",
    unique=(("image_id", "private_repository_region"),),
    fixed=Fixed(
        columns=("private_repository_region",),
        guard="block_private_repository_region_update",
        what="Repository image region",
        hint="Push the image to a repository of the other region.",
    ),
    per="repository",
    per_column="repository_name",
    or_per="public_repository",
    list=found,
    get=one,
    delete=delete,
    absent=("ImageNotFoundException", "RepositoryNotFoundException"),
    holds_data="the image, where it has no other tag",
)
