"""A container of a task definition: part of its revision, so that a change of one is another revision."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from iasql.modules.aws_ecs_fargate.sent_container import ecr_uri, environment, part_of_image
from iasql.resource import Call, Fixed, Json, Region, Resource, along, column, ref, region, row, secret


@row
class ContainerDefinition:
    """A container that runs as part of a task."""

    name: str = column()
    image: str | None = column(path=part_of_image("uri"), comment="Where the image is, without tag or digest.")
    tag: str | None = column(path=part_of_image("tag"))
    digest: str | None = column(path=part_of_image("digest"))
    essential: bool = column(default=False)
    cpu: int | None = column()
    memory: int | None = column()
    memory_reservation: int | None = column()
    host_port: int | None = column(path="portMappings[0].hostPort")
    container_port: int | None = column(path="portMappings[0].containerPort")
    protocol: Literal["tcp", "udp"] | None = column(path="portMappings[0].protocol")
    env_variables: Json | None = secret(path=environment, comment="Its environment: names and values, kept secret.")
    region: Region = region()
    task_definition_id: int | None = ref(
        "task_definition",
        member="taskDefinitionArn",
        with_region=False,
        on_delete="cascade",
        on_update="cascade",
        role="replace",
    )
    repository_id: int | None = ref("repository", called_by="repository_uri", path=ecr_uri(".dkr.ecr."))
    public_repository_name: str | None = ref(
        "public_repository", column="repository_name", called_by="repository_uri", path=ecr_uri("public.ecr.aws/")
    )
    log_group_id: int | None = ref("log_group", path='logConfiguration.options."awslogs-group"', with_region=False)


def containers(definition: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The items of a task definition's containers."""
    for container in definition["containerDefinitions"]:
        yield container | {"taskDefinitionArn": definition["taskDefinitionArn"]}


SAID = (
    "name", "image", "tag", "digest", "essential", "cpu", "memory", "memory_reservation", "host_port", "container_port",
    "protocol", "env_variables", "task_definition_id", "repository_id", "public_repository_name", "log_group_id",
)  # fmt: skip

CONTAINER_DEFINITION = Resource(
    ContainerDefinition,
    service="ecs",
    fixed=Fixed(
        columns=("region",),
        guard="block_ecs_container_definition_region_update",
        what="Container definition region",
        hint="Insert a task definition with its containers in the other region, then delete this row.",
    ),
    shape="ContainerDefinition",
    cloud_id=("task_definition_id", "name"),
    natural=("task_definition_id", "name"),
    checks={
        "CHK_7c71371f8b24ff4868a039a7a9": "tag is null or digest is null",
        "CHK_ffbdffa12f42a4d955ddaaf44c":
            "image is not null or repository_id is not null or public_repository_name is not null",
    },
    per="task_definition",
    per_column="task_definition_arn",
    list=Call("DescribeTaskDefinition", "taskDefinition", taskDefinition="$task_definition_id"),
    unfold=containers,
    create=along(*SAID),
    delete=along(),
    absent="ClientException: Unable to describe task definition",
    made_with="task_definition_id",
    remakes=True,
)  # fmt: skip
