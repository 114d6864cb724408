"""Amazon ECS on Fargate: containers that run without servers of one's own."""

from __future__ import annotations

from iasql.modules.aws_ecs_fargate.cluster import CLUSTER
from iasql.modules.aws_ecs_fargate.container_definition import CONTAINER_DEFINITION
from iasql.modules.aws_ecs_fargate.deploy import DEPLOY_SERVICE
from iasql.modules.aws_ecs_fargate.service import SERVICE
from iasql.modules.aws_ecs_fargate.service_security_groups import SERVICE_SECURITY_GROUPS
from iasql.modules.aws_ecs_fargate.task_definition import TASK_DEFINITION
from iasql.resource import Module

MODULE = Module(
    name="aws_ecs_fargate",
    dependencies=(
        "aws_account",
        "aws_ecr",
        "aws_elb",
        "aws_security_group",
        "aws_cloudwatch",
        "aws_vpc",
        "aws_iam",
    ),
    resources=(CLUSTER, TASK_DEFINITION, CONTAINER_DEFINITION, SERVICE, SERVICE_SECURITY_GROUPS),
    functions=(DEPLOY_SERVICE,),
    comment="ECS clusters, task definitions with their containers, and services on Fargate.",
)
