"""describe_ami: what a machine image is, which no table holds."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from iasql.errors import InvalidArgument
from iasql.resource import Argument, Function

if TYPE_CHECKING:
    from collections.abc import Iterator

PARAMETER = "resolve:ssm:"


def describe(context: Any, *, ami_id: str) -> Iterator[dict[str, Any]]:
    """One row: OK with what EC2 tells of the image in the default region, or KO with what AWS said."""
    if not ami_id:
        raise InvalidArgument("describe_ami needs an id, or resolve:ssm: and the name of a parameter that holds one")
    try:
        found = context.client("ec2").describe_images(ImageIds=[resolved(context, ami_id)])["Images"]
    except (ClientError, BotoCoreError) as error:
        yield {"attributes": None, "status": "KO", "message": str(error)}
        return
    told = json.dumps(found[0], default=str) if found else None
    yield {"attributes": told, "status": "OK" if found else "KO", "message": "" if found else f"No image {ami_id}"}


def resolved(context: Any, ami_id: str) -> str:
    """The id of the image, which a parameter of Systems Manager may hold."""
    if not ami_id.startswith(PARAMETER):
        return ami_id
    parameter = context.client("ssm").get_parameter(Name=ami_id.removeprefix(PARAMETER))["Parameter"]
    return str(parameter["Value"])


DESCRIBE_AMI = Function(
    name="describe_ami",
    arguments=(Argument("ami_id"),),
    returns=(("attributes", "text"), ("status", "text"), ("message", "text")),
    run=describe,
    comment="What EC2 tells of a machine image, as JSON; its id may be that in a parameter of Systems Manager.",
    sample="select attributes::json->>'Name' from describe_ami('resolve:ssm:/aws/service/ami-amazon-linux-latest/"
    "al2023-ami-kernel-default-x86_64')",
)
