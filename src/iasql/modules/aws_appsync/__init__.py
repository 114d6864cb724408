"""AWS AppSync: GraphQL APIs."""

from __future__ import annotations

from iasql.modules.aws_appsync.graphql_api import GRAPHQL_API
from iasql.resource import Module

MODULE = Module(
    name="aws_appsync",
    dependencies=("aws_account",),
    resources=(GRAPHQL_API,),
    comment="GraphQL APIs.",
)
