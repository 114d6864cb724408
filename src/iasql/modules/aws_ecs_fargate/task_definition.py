"""A task definition: one revision of what runs together. AWS changes none: any change, also of its containers, is
another revision, which services that refer to the row follow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from iasql.modules.aws_ecs_fargate.cpu_memory import CpuMemory, parts, told
from iasql.modules.aws_ecs_fargate.ecs_tags import ecs_tags, sent_tags
from iasql.modules.aws_ecs_fargate.sent_container import sent
from iasql.resource import Call, Fixed, Region, Resource, Tags, cloud_id, column, computed, ref, region, row, takes


@row
class TaskDefinition:
    """A revision of the containers that run together as a task on Fargate."""

    task_definition_arn: str | None = cloud_id()
    family: str = column()
    revision: int | None = computed()
    status: Literal["ACTIVE", "INACTIVE"] | None = computed()
    cpu_memory: CpuMemory | None = column(path=told, comment="How much of a processor and of memory a task gets.")
    tags: Tags | None = column()
    region: Region = region()
    task_role_name: str | None = ref(
        "iam_role", column="role_name", called_by="arn", member="taskRoleArn", comment="Whose permissions its code has."
    )
    execution_role_name: str | None = ref(
        "iam_role", column="role_name", called_by="arn", member="executionRoleArn",
        comment="With whose permissions ECS pulls images and writes logs.",
    )  # fmt: skip


@takes("family", "cpu_memory", "tags", "task_role_name", "execution_role_name")
def register(ecs: Any, row: Mapping[str, Any]) -> Any:
    """Registers the next revision, with its containers."""
    roles = {"taskRoleArn": row.get("task_role_name"), "executionRoleArn": row.get("execution_role_name")}
    return ecs.register_task_definition(
        family=row["family"],
        containerDefinitions=[sent(container, row["region"]) for container in row.get("$container_definition", ())],
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        **parts(row.get("cpu_memory")),
        **{member: arn for member, arn in roles.items() if arn},
        **sent_tags(row),
    )["taskDefinition"]


DESCRIBED = (
    "[@][?taskDefinition.status == 'ACTIVE' && contains(taskDefinition.requiresCompatibilities || `[]`, 'FARGATE')]"
    ".merge(taskDefinition, {tags: tags}) | [0]"
)

TASK_DEFINITION = Resource(
    TaskDefinition,
    service="ecs",
    fixed=Fixed(
        columns=("region",),
        guard="block_ecs_task_definition_region_update",
        what="Task definition region",
        hint="Insert a task definition in the other region, then delete this row.",
    ),
    shape="TaskDefinition",
    list=Call("ListTaskDefinitions", "taskDefinitionArns[].{taskDefinitionArn: @}"),
    details=Call("DescribeTaskDefinition", DESCRIBED, taskDefinition="$task_definition_arn", include=["TAGS"]),
    create=register,
    delete=Call("DeregisterTaskDefinition", taskDefinition="$task_definition_arn"),
    # One code means several things; a revision that is deregistered is told as inactive from then on.
    absent=(
        "ClientException: Unable to describe task definition",
        "ClientException: The specified task definition is inactive",
        "ClientException: The specified task definition does not exist",
    ),
    # A new role is not known everywhere at once.
    not_yet="ClientException: Role is not valid",
    aspects=(ecs_tags("task_definition_arn"),),
)
