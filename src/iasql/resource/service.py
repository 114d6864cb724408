"""AWS's own description of its services, as botocore ships it: read when first asked for, then kept.

Nothing here touches the network. botocore's models are large (EC2's takes a third of a second to parse), so that
importing a declaration must not load one; only asking for a derived property does.
"""

from __future__ import annotations

import functools
import html
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from botocore.loaders import Loader
    from botocore.model import OperationModel, ServiceModel, Shape

IDENTIFIER = re.compile(r"[A-Za-z_]\w*")
READS = ("describe_", "get_", "head_", "list_", "batch_get_", "lookup_", "search_", "filter_")
ASKS = frozenset({"query", "scan", "select", "simulate", "estimate", "count"})
"""Words that operations begin with which change nothing."""


@functools.cache
def loader() -> Loader:
    """The one loader of model files; the sessions of cloud/ share it, so that no file is parsed twice."""
    from botocore.loaders import create_loader

    return create_loader()


@functools.cache
def model(service: str) -> ServiceModel:
    """The model of a service, for example `model("ec2")`."""
    from botocore.model import ServiceModel

    return ServiceModel(loader().load_service_model(service, "service-2"), service_name=service)


@functools.cache
def operation(service: str, name: str) -> OperationModel:
    """The model of one operation; botocore's OperationNotFoundError when the service has none of that name."""
    return model(service).operation_model(name)


@functools.cache
def reads(service: str, name: str) -> bool:
    """Whether an operation changes nothing: where the model does not say so, its name does."""
    said: Any = loader().load_service_model(service, "service-2")
    spelled = snake(name)
    marked = bool(said["operations"][name].get("readonly"))
    return marked or spelled.startswith(READS) or spelled.partition("_")[0] in ASKS


@functools.cache
def partition_of(region: str) -> str | None:
    """The partition of AWS that a region is in, as ARNs begin with it; None where botocore does not know the region."""
    from botocore.exceptions import UnknownRegionError
    from botocore.regions import EndpointResolver

    try:
        return str(EndpointResolver(loader().load_data("endpoints")).get_partition_for_region(region))
    except UnknownRegionError:
        return None


@functools.cache
def waiter_operation(service: str, waiter: str) -> str:
    """The operation that a waiter of botocore's polls, for example ("ec2", "VpcAvailable") -> "DescribeVpcs"."""
    config = loader().load_service_model(service, "waiters-2")
    return str(config["waiters"][waiter]["operation"])


@functools.cache
def members(service: str, name: str) -> dict[str, Shape]:
    """Input members of an operation with their shapes; empty when it takes none."""
    shape: Any = operation(service, name).input_shape
    return dict(shape.members) if shape is not None else {}


@functools.cache
def required(service: str, name: str) -> tuple[str, ...]:
    """Input members that an operation cannot do without."""
    shape: Any = operation(service, name).input_shape
    return tuple(shape.required_members) if shape is not None else ()


@functools.cache
def idempotent(service: str, name: str) -> frozenset[str]:
    """Input members that take an idempotency token."""
    return frozenset(operation(service, name).idempotent_members)


@functools.cache
def snake(member: str) -> str:
    """The column name that AWS's member name says by itself: `GroupId` -> `group_id`."""
    from botocore import xform_name

    return xform_name(member)


def is_name(text: str) -> bool:
    """Whether a text is a plain member name and not a path."""
    return IDENTIFIER.fullmatch(text) is not None


def first_sentence(documentation: str | None) -> str:
    """The first sentence of a piece of botocore documentation, as plain text; empty when there is none."""
    text = html.unescape(re.sub(r"<[^>]+>", " ", documentation or ""))
    text = re.sub(r"\s+([.,;:)])", r"\1", re.sub(r"\s+", " ", text)).strip()
    return re.split(r"(?<=[.!?])\s", text, maxsplit=1)[0]
