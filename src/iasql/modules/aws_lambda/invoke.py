"""invoke_lambda_function: a call of a function, with its answer as a row."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from iasql.errors import InvalidArgument
from iasql.resource import Argument, Function

if TYPE_CHECKING:
    from collections.abc import Iterator


def invoke(
    context: Any, *, lambda_function_name: str, function_payload: Any, region: str | None
) -> Iterator[dict[str, Any]]:
    """One row with what the function answered, or the error that it ended with."""
    if not lambda_function_name:
        raise InvalidArgument("invoke_lambda_function needs the name of a function")
    client = context.client("lambda", region or context.default_region)
    answer = client.invoke(FunctionName=lambda_function_name, Payload=sent(function_payload))
    yield {
        "function_name": lambda_function_name,
        "version": answer.get("ExecutedVersion"),
        "status": str(answer["StatusCode"]),
        "payload": answer["Payload"].read().decode() if "Payload" in answer else None,
        "error": answer.get("FunctionError"),
    }


def sent(payload: Any) -> bytes:
    """The payload as Lambda takes it; raises InvalidArgument where it is no JSON."""
    text = payload if isinstance(payload, str) else json.dumps({} if payload is None else payload)
    try:
        json.loads(text)
    except ValueError as error:
        raise InvalidArgument(f"function_payload is no JSON: {error}") from error
    return text.encode()


INVOKE_LAMBDA_FUNCTION = Function(
    name="invoke_lambda_function",
    arguments=(
        Argument("lambda_function_name", "text"),
        Argument("function_payload", "json", "'{}'"),
        Argument("region", "text", "default_aws_region()"),
    ),
    returns=(
        ("function_name", "text"),
        ("version", "text"),
        ("status", "text"),
        ("payload", "text"),
        ("error", "text"),
    ),
    run=invoke,
    mutates=True,
    refreshes=("log_group",),
    comment="Calls a Lambda function and waits for its answer.",
    sample="select * from invoke_lambda_function('hello', '{\"name\": \"Ada\"}')",
)
