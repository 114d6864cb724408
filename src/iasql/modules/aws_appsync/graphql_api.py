"""A GraphQL API, and how those who ask are told apart."""

from __future__ import annotations

from typing import Literal

from iasql.resource import Call, Json, Region, Resource, Tagging, Tags, cloud_id, column, region, row


@row
class GraphqlApi:
    """An API that answers queries in GraphQL."""

    name: str = column()
    api_id: str | None = cloud_id()
    arn: str | None = column()
    authentication_type: Literal[
        "AMAZON_COGNITO_USER_POOLS", "API_KEY", "AWS_IAM", "AWS_LAMBDA", "OPENID_CONNECT"
    ] = column()  # fmt: skip
    lambda_authorizer_config: Json | None = column()
    open_id_connect_config: Json | None = column()
    user_pool_config: Json | None = column()
    xray_enabled: bool | None = column()
    region: Region = region()
    tags: Tags | None = column()


GRAPHQL_API = Resource(
    GraphqlApi,
    service="appsync",
    shape="GraphqlApi",
    says={"resourceArn": "$arn"},
    list=Call("ListGraphqlApis", "graphqlApis"),
    get=Call("GetGraphqlApi", "graphqlApi"),
    create=Call("CreateGraphqlApi", "graphqlApi"),
    update=Call("UpdateGraphqlApi", "graphqlApi"),
    delete=Call("DeleteGraphqlApi"),
    absent="NotFoundException",
    not_yet="ConcurrentModificationException",
    aspects=(Tagging("tags", put=Call("TagResource", tags="$set"), remove=Call("UntagResource", tagKeys="$unset")),),
    cloud_formation="AWS::AppSync::GraphQLApi",
)
