"""Amazon API Gateway: HTTP and WebSocket APIs."""

from __future__ import annotations

from iasql.modules.aws_api_gateway.api import API
from iasql.resource import Module

MODULE = Module(
    name="aws_api_gateway",
    dependencies=("aws_account",),
    resources=(API,),
    comment="HTTP and WebSocket APIs.",
)
