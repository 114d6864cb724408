"""An HTTP or WebSocket API; its tags are written under its ARN, which no answer tells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from iasql.resource import Aspect, Call, Json, Region, Resource, Tagging, Tags, cloud_id, column, region, row, takes


@row
class Api:
    """The front door of services that answer requests."""

    api_id: str | None = cloud_id()
    name: str | None = column()
    description: str | None = column(cleared="")
    disable_execute_api_endpoint: bool | None = column(comment="Whether only names of one's own lead to it.")
    protocol_type: Literal["HTTP", "WEBSOCKET"] | None = column(default="HTTP")
    route_selection_expression: str | None = column(comment="A WebSocket API needs one: $request.body.action.")
    cors_configuration: Json | None = column(comment="Which pages of other sites may ask an HTTP API.")
    version: str | None = column(cleared="")
    api_endpoint: str | None = column()
    region: Region = region()
    tags: Tags | None = column()


def arn(gateway: Any, api: Mapping[str, Any]) -> str:
    """How tags call it."""
    place = gateway.meta
    return f"arn:{place.partition}:apigateway:{place.region_name}::/apis/{api['api_id']}"


@takes("api_id", "tags")
def tag(gateway: Any, api: Mapping[str, Any]) -> None:
    """Sets tags."""
    gateway.tag_resource(ResourceArn=arn(gateway, api), Tags={tag["Key"]: tag["Value"] for tag in api["set"]})


@takes("api_id", "tags")
def untag(gateway: Any, api: Mapping[str, Any]) -> None:
    """Takes tags away."""
    gateway.untag_resource(ResourceArn=arn(gateway, api), TagKeys=api["unset"])


API = Resource(
    Api,
    service="apigatewayv2",
    shape="Api",
    list=Call("GetApis", "Items"),
    get=Call("GetApi"),
    create=Call("CreateApi"),
    update=Call("UpdateApi", CorsConfiguration=None),
    delete=Call("DeleteApi"),
    absent="NotFoundException",
    not_yet="ConflictException",
    aspects=(
        Aspect("cors_configuration", put=Call("UpdateApi", CorsConfiguration="$cors_configuration"),
               clear=Call("DeleteCorsConfiguration")),
        Tagging("tags", put=tag, remove=untag),
    ),
    cloud_formation="AWS::ApiGatewayV2::Api",
)  # fmt: skip
