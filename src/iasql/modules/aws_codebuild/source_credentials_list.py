"""Credentials for sources: import_source_credential() brings them, since AWS never tells their tokens."""

from __future__ import annotations

from typing import Literal

from iasql.resource import Call, Region, Resource, column, key, region, row


@row
class SourceCredentialsList:
    """Credentials with which builds fetch sources from one provider."""

    arn: str = key(why="the table knows a credential by it")
    source_type: Literal["GITHUB", "CODEPIPELINE", "NO_SOURCE", "BITBUCKET", "GITHUB_ENTERPRISE", "GITLAB",
                         "GITLAB_SELF_MANAGED"] = column(member="serverType")  # fmt: skip
    auth_type: str = column(why="ImportSourceCredentials takes it with the token, which no row holds")
    region: Region = region()


SOURCE_CREDENTIALS_LIST = Resource(
    SourceCredentialsList,
    service="codebuild",
    shape="SourceCredentialsInfo",
    list=Call("ListSourceCredentials", "sourceCredentialsInfos"),
    delete=Call("DeleteSourceCredentials"),
    absent="ResourceNotFoundException",
    holds_data="the token",
)
