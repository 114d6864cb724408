"""invoke_<service>: one operation of AWS's API, its input checked against AWS's own model before it is sent.

What reads may be called by everybody, but for what tells secrets; what changes something is logged as a call.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from iasql.errors import InvalidArgument
from iasql.modules.aws_sdk.method import method, tells_secrets
from iasql.modules.aws_sdk.names import services
from iasql.modules.aws_sdk.value import given, masked, plain, secrets
from iasql.resource import Argument, Function
from iasql.resource import service as aws

if TYPE_CHECKING:
    from botocore.model import OperationModel

TARGET = re.compile(r"(Id|Arn|ARN|Name|Identifier|Bucket|Url|Key)s?$")
"""Members of an input that say what a call is about; their values are logged."""


def invoke(
    service: str, context: Any, *, method_name: str, method_input: Mapping[str, Any] | None, region: str | None
) -> Iterator[dict[str, Any]]:
    """One row with AWS's answer."""
    operation = method(service, method_name)
    values = checked(operation, method_input)
    where = region or context.default_region
    refuse_unknown_region(context, where)
    call = getattr(context.client(service, where), aws.snake(operation.name))
    hidden = list(secrets(operation.input_shape, values))
    try:
        answer = dict(call(**values))
    except ClientError as error:
        about = error.response["Error"]
        about["Message"] = masked(about.get("Message", ""), hidden)
        raise ClientError(error.response, error.operation_name) from None
    answer.pop("ResponseMetadata", None)
    yield {"result": plain(answer)}


def checked(operation: OperationModel, method_input: Mapping[str, Any] | None) -> dict[str, Any]:
    """The input as boto3 takes it; InvalidArgument tells all that AWS's model does not allow."""
    from botocore.validate import ParamValidator

    values = {} if method_input is None else method_input
    if not isinstance(values, Mapping):
        raise InvalidArgument(f"method_input of {operation.name} must be a JSON object")
    shape = operation.input_shape
    if shape is None:
        if values:
            raise InvalidArgument(f"{operation.name} takes no input, and not {', '.join(sorted(values))}")
        return {}
    taken: dict[str, Any] = given(shape, values)
    report = ParamValidator().validate(taken, shape)
    if report.has_errors():
        told = masked(report.generate_report(), secrets(shape, taken))
        raise InvalidArgument(f"{operation.name}: {told}" + _did_you_mean(operation, values))
    return taken


def _did_you_mean(operation: OperationModel, values: Mapping[str, Any]) -> str:
    shape: Any = operation.input_shape
    unknown = [name for name in values if name not in shape.members]
    close = {m for name in unknown for m in difflib.get_close_matches(name, shape.members, n=1, cutoff=0.5)}
    return f". Did you mean: {', '.join(sorted(close))}" if close else ""


def refuse_unknown_region(context: Any, region: str) -> None:
    """Raises where the account is known not to have the region."""
    known = sorted(row["region"] for row in context.rows("aws_regions"))
    if known and region not in known:
        close = difflib.get_close_matches(region, known, n=1, cutoff=0.5)
        told = f". Did you mean: {close[0]}" if close else ""
        raise InvalidArgument(f"AWS region {region} does not exist{told}", hint=f"Allowed: {', '.join(known)}")


def changes(service: str, asked: Mapping[str, Any]) -> bool:
    """Whether this call may change something at AWS."""
    return not aws.reads(service, method(service, asked.get("method_name")).name)


def harmless(service: str, asked: Mapping[str, Any]) -> bool:
    """Whether everybody may make this call: it changes nothing and tells no secret."""
    return not changes(service, asked) and not tells_secrets(method(service, asked.get("method_name")))


def logged(service: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    """What the log says of a call: the operation, where, and what it is about; never a value that may be a secret."""
    operation = method(service, asked.get("method_name"))
    values = checked(operation, asked.get("method_input"))
    shape: Any = operation.input_shape
    about = {n: v for n, v in values.items() if TARGET.search(n) and not any(secrets(shape.members[n], v))}
    told = {"service": service, "operation": operation.name, "region": asked.get("region")}
    return told | {"members": sorted(values), "about": plain(about)}


def functions() -> tuple[Function, ...]:
    """One function a service, and one for each former name."""
    return tuple(_function(name, service) for name, service in services().items())


def _function(name: str, service: str) -> Function:
    return Function(
        name=f"invoke_{name}",
        arguments=(
            Argument("method_name", "text"),
            Argument("method_input", "json", "'{}'"),
            Argument("region", "text", "default_aws_region()"),
        ),
        returns=(("result", "json"),),
        run=partial(invoke, service),
        mutates=partial(changes, service),
        everybody=partial(harmless, service),
        tells=partial(logged, service),
        comment=f"Calls an operation of AWS's {service} with its input as JSON, and gives the answer.",
        sample=f"select * from invoke_{name}('methodName', '{{}}', 'us-east-1')",  # noqa: S608 - shown, not run
    )
