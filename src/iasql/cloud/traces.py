"""What a create call has left in the cloud when nobody heard its answer.

A row is taken for the call's own only by the tag that the call carried, or by a name that AWS gives to one row alone;
anything else is never adopted.
"""

from __future__ import annotations

from iasql.cloud import reader
from iasql.cloud.session import Session
from iasql.cloud.telling import name_of
from iasql.resource import Call, Image, Resource
from iasql.resource import service as aws
from iasql.resource.roles import takes_specifications


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
