"""What a create call has left in the cloud when nobody heard its answer.

A row is taken for the call's own only by the tag that the call carried, or by a name that AWS gives to one row alone;
anything else is never adopted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import attrs

from iasql.cloud import reader
from iasql.cloud.caller import Caller
from iasql.cloud.session import Session
from iasql.cloud.telling import name_of
from iasql.resource import Call, Image, Resource
from iasql.resource import service as aws
from iasql.resource.kinds.tags import INTENT
from iasql.resource.roles import takes_specifications

TAGGED_AT_ONCE = 500
TOKENS_AT_ONCE = 200
"""As many values as a filter of EC2's may have."""


def find(session: Session, resource: Resource, region: str | None, wanted: Image, token: str) -> Image | None:
    """What a create of `wanted` (cloud domain) under this token has made; None when it made nothing."""
    if is_tagged(resource):
        return reader.find_intent(session, resource, region, token)
    columns = named(resource, wanted)
    found = reader.read_some(session, resource, region, [wanted], on=columns) if columns else []
    return next(iter(found), None)


def named(resource: Resource, wanted: Image) -> tuple[str, ...]:
    """The columns that name the row before AWS has answered; () when nothing does."""
    ways = (resource.cloud_id, resource.natural)
    return next((names for names in ways if name_of(resource, wanted, names) is not None), ())


def tells(resource: Resource, wanted: Image) -> bool:
    """Whether one can tell what became of a create: else it must not be tried again."""
    return is_tagged(resource) or is_repeatable(resource) or bool(named(resource, wanted))


def is_repeatable(resource: Resource) -> bool:
    """Whether AWS itself takes the same create, sent twice, for one."""
    create, service = resource.create, resource.service
    if not isinstance(create, Call) or service is None:
        return resource.repeatable
    return bool(aws.idempotent(service, create.operation))


def is_tagged(resource: Resource) -> bool:
    """Whether the create call carries a tag that names it."""
    return (
        resource.tagging is not None and resource.tagging.specification is not None and takes_specifications(resource)
    )


def clear(session: Session, region: str, cloud_ids: Sequence[str]) -> None:
    """Takes the `iasql:intent` tags off EC2 resources whose creation is logged, many at a time."""
    for part in _parts(cloud_ids, TAGGED_AT_ONCE):
        _tags(session, region).ask(Call("DeleteTags", Resources=part, Tags=[{"Key": INTENT}]), {})


def clear_named(session: Session, region: str, tokens: Sequence[str]) -> None:
    """Takes these `iasql:intent` tags off whatever EC2 resources carry them, which nobody may know by name."""
    for part in _parts(tokens, TOKENS_AT_ONCE):
        filters = [{"Name": "key", "Values": [INTENT]}, {"Name": "value", "Values": part}]
        asked = Call("DescribeTags", "Tags[].ResourceId", Filters=filters)
        clear(session, region, _tags(session, region).ask(asked, {}) or ())


def _tags(session: Session, region: str) -> Caller:
    return Caller(session=session, resource=Resource(row=_Tagged, service="ec2", table="ec2"), region=region)


def _parts(values: Sequence[str], size: int) -> Iterator[list[str]]:
    return (list(values[start : start + size]) for start in range(0, len(values), size))


@attrs.frozen(kw_only=True)
class _Tagged:
    """Whatever EC2 tags."""
