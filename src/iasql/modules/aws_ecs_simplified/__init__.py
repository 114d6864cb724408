"""A web application on ECS, in one row: pure SQL on the tables of ECS, load balancers and what they need."""

from __future__ import annotations

from pathlib import Path

from iasql.modules.aws_ecs_simplified.ecs_simplified import ECS_SIMPLIFIED
from iasql.resource import Module, Rebuild

MODULE = Module(
    name="aws_ecs_simplified",
    dependencies=("aws_account", "aws_ecs_fargate"),
    resources=(ECS_SIMPLIFIED,),
    sql=(Path(__file__).with_name("parts.sql"), Path(__file__).with_name("write.sql")),
    before_uninstall=Path(__file__).with_name("drop.sql"),
    rebuilds=(
        Rebuild(
            table="ecs_simplified",
            source="ecs_simplified_found",
            follows=(
                "cluster", "container_definition", "listener", "load_balancer", "load_balancer_security_groups",
                "repository", "security_group", "security_group_rule", "service", "service_security_groups",
                "target_group", "task_definition",
            ),
        ),
    ),
    comment="Web applications on ECS, one row each.",
)  # fmt: skip
