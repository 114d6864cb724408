"""import_source_credential: the token of a source provider, which no row holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from iasql.resource import Argument, Function

if TYPE_CHECKING:
    from collections.abc import Iterator

SERVERS = ("BITBUCKET", "GITHUB", "GITHUB_ENTERPRISE")
WAYS = ("BASIC_AUTH", "OAUTH", "PERSONAL_ACCESS_TOKEN")


def imported(
    context: Any, *, region: str | None, token: str, server_type: str | None, auth_type: str | None
) -> Iterator[dict[str, Any]]:
    """One row: OK with the credential's ARN, or ERROR and why."""
    server, way = server_type or "GITHUB", auth_type or "PERSONAL_ACCESS_TOKEN"
    wrong = refusal(token, server, way)
    if wrong:
        yield {"arn": None, "status": "ERROR", "message": wrong}
        return
    try:
        codebuild = context.client("codebuild", region or context.default_region)
        arn = codebuild.import_source_credentials(token=token, serverType=server, authType=way)["arn"]
    except (ClientError, BotoCoreError) as error:
        yield {"arn": None, "status": "ERROR", "message": str(error).replace(token, "********")}
        return
    yield {"arn": arn, "status": "OK", "message": "Source credential imported"}


def refusal(token: str, server: str, way: str) -> str | None:
    """Why these arguments are wrong, if they are."""
    if server not in SERVERS:
        return f"server_type is {server}; allowed is one of {', '.join(SERVERS)}"
    if way not in WAYS:
        return f"auth_type is {way}; allowed is one of {', '.join(WAYS)}"
    return None if token else "import_source_credential needs a token"


IMPORT_SOURCE_CREDENTIAL = Function(
    name="import_source_credential",
    arguments=(
        Argument("region", "text"),
        Argument("token", "text"),
        Argument("server_type", "text", "'GITHUB'"),
        Argument("auth_type", "text", "'PERSONAL_ACCESS_TOKEN'"),
    ),
    returns=(("arn", "text"), ("status", "text"), ("message", "text")),
    run=imported,
    mutates=True,
    refreshes=("source_credentials_list",),
    comment="Gives CodeBuild the token of a source provider; status OK, or ERROR and why.",
    sample="select * from import_source_credential('us-east-1', 'a token', 'GITHUB', 'PERSONAL_ACCESS_TOKEN')",
)
