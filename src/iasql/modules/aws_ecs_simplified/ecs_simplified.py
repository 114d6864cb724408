"""A web application on ECS: stands for a service with all that it needs."""

from __future__ import annotations

from typing import Annotated

from iasql.modules.aws_ecs_fargate.cpu_memory import CpuMemory
from iasql.resource import Fixed, Region, Resource, local, region, row, secret
from iasql.resource.kinds import Text

Name = Annotated[str, Text(sql="character varying(18)")]
LongText = Annotated[str, Text(sql="text")]


@row
class EcsSimplified:
    """A web application that runs in containers behind a load balancer."""

    app_name: Name = local(key=True, comment="Its name, which the names of all that it needs begin with.")
    desired_count: int = local(default=1, comment="How many of it run.")
    app_port: int = local(comment="The port that it listens at, and the load balancer too.")
    cpu_mem: CpuMemory = local(
        default="vCPU2-8GB", enum="task_definition_cpu_memory_enum",
        comment="How much of a processor and of memory each gets.",
    )  # fmt: skip
    repository_uri: str | None = local(comment="Where its image is; null: in a repository of its own.")
    image_tag: str | None = local(comment="The image's tag.")
    image_digest: str | None = local(comment="The image's digest, in the place of a tag.")
    public_ip: bool = local(default=False, comment="Whether its tasks have public addresses.")
    load_balancer_dns: str | None = local(comment="Where it is reached; AWS says so.")
    env_variables: LongText | None = secret(role="local", comment="Its environment, as a JSON object of texts.")
    region: Region = region()


ECS_SIMPLIFIED = Resource(
    EcsSimplified,
    checks={"valid_image_fields": "image_tag is null or image_digest is null"},
    fixed=Fixed(
        columns=("region",),
        guard="block_ecs_simplified_region_update",
        what="Region",
        hint="Insert an application in the other region, then delete this row.",
    ),
)
