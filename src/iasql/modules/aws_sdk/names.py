"""Which SQL function calls which service: boto3's own names, and those that IaSQL's functions had before."""

from __future__ import annotations

from iasql.resource import service as aws

FORMER = {
    "api_gateway": "apigatewayv2",
    "app_sync": "appsync",
    "cloudwatch_logs": "logs",
    "dynamo": "dynamodb",
    "elb": "elbv2",  # load balancers as the table load_balancer has them, and not the first generation's
    "memory_db": "memorydb",
    "secret_manager": "secretsmanager",
}
MOVED = {"elb": "elb_classic"}
"""Services whose own name stands for another one."""


def services() -> dict[str, str]:
    """Function name without `invoke_` -> service, in alphabetical order."""
    known = aws.loader().list_available_services("service-2")
    own = {MOVED.get(name, name.replace("-", "_")): name for name in known}
    return dict(sorted({**own, **FORMER}.items()))
