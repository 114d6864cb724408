"""deploy_service: new tasks for a service whose row does not change, since its image did under the same tag."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from iasql.modules.aws_ecs_fargate.service import cluster_of
from iasql.resource import Argument, Function

if TYPE_CHECKING:
    from collections.abc import Iterator


def deploy(context: Any, *, service_arn: str) -> Iterator[dict[str, Any]]:
    """One row: OK, or KO with what AWS said."""
    service = next(iter(context.rows("service", arn=service_arn)), None)
    if service is None:
        yield {"arn": service_arn, "status": "KO", "message": "Service not found"}
        return
    ecs = context.client("ecs", service["region"])
    try:
        ecs.update_service(cluster=cluster_of(service_arn), service=service_arn, forceNewDeployment=True)
    except (ClientError, BotoCoreError) as error:
        yield {"arn": service_arn, "status": "KO", "message": str(error)}
        return
    yield {"arn": service_arn, "status": "OK", "message": "Service redeployed"}


DEPLOY_SERVICE = Function(
    name="deploy_service",
    arguments=(Argument("service_arn", "text"),),
    returns=(("arn", "text"), ("status", "text"), ("message", "text")),
    run=deploy,
    mutates=True,
    refreshes=("service",),
    comment="Starts new tasks of a service, with the image that its tag means now.",
    sample="select deploy_service(arn) from service where name = 'web'",
)
