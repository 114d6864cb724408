"""start_deployment: a revision brought to a deployment group, waited for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from iasql.errors import InvalidArgument
from iasql.resource import Argument, Function

if TYPE_CHECKING:
    from collections.abc import Iterator

SECONDS = 1200
"""How long a deployment is waited for, as the original did."""


def start(
    context: Any, *, application_name: str, deployment_group_name: str, revision: str, region: str | None
) -> Iterator[dict[str, Any]]:
    """One row: OK once the deployment has succeeded, else KO and why."""
    place = region or context.default_region
    missing = absent(context, application_name, deployment_group_name, place)
    if missing:
        yield {"id": None, "status": "KO", "message": missing}
        return
    codedeploy = context.client("codedeploy", place)
    made = None
    try:
        made = codedeploy.create_deployment(
            applicationName=application_name, deploymentGroupName=deployment_group_name, revision=parsed(revision)
        )["deploymentId"]
        codedeploy.get_waiter("deployment_successful").wait(
            deploymentId=made, WaiterConfig={"Delay": 5, "MaxAttempts": SECONDS // 5}
        )
    except (ClientError, BotoCoreError) as error:
        yield {"id": made, "status": "KO", "message": str(error)}
        return
    yield {"id": made, "status": "OK", "message": "Deployment succeeded"}


def absent(context: Any, application: str, group: str, place: str) -> str | None:
    """What there is no row of."""
    found = context.rows("codedeploy_application", name=application, region=place)
    if not found:
        return f"There is no application {application} in {place}"
    groups = context.rows("codedeploy_deployment_group", name=group, application_id=found[0]["id"])
    return None if groups else f"There is no deployment group {group} of application {application} in {place}"


def parsed(revision: str) -> dict[str, Any]:
    """The revision as CodeDeploy takes it; raises InvalidArgument where it is no JSON object."""
    try:
        found = json.loads(revision) if isinstance(revision, str) else revision
    except ValueError as error:
        raise InvalidArgument(f"revision is no JSON: {error}") from error
    if not isinstance(found, dict):
        raise InvalidArgument('revision must be a JSON object, such as {"revisionType": "S3", "s3Location": {...}}')
    return found


START_DEPLOYMENT = Function(
    name="start_deployment",
    arguments=(
        Argument("application_name", "text"),
        Argument("deployment_group_name", "text"),
        Argument("revision", "text"),
        Argument("region", "text", "default_aws_region()"),
    ),
    returns=(("id", "text"), ("status", "text"), ("message", "text")),
    run=start,
    mutates=True,
    refreshes=("codedeploy_deployment",),
    comment="Deploys a revision to a deployment group, and comes back when it is there.",
    sample='select * from start_deployment(\'app\', \'web\', \'{"revisionType": "S3", "s3Location": '
    '{"bucket": "b", "key": "app.zip", "bundleType": "zip"}}\')',
)
