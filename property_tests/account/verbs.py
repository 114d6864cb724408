"""What can happen to the rows of a resource, and where it is tested: at the stand-in, by a stub, or not at all."""

from __future__ import annotations

from collections.abc import Callable

from iasql.resource import Resource
from property_tests.account.lacks import LOSES, MISSING, NOTHING, WITHOUT
from property_tests.strategies import names_rows

APART, STUB, NONE, NOT = "apart", "stub", "-", "not"
"""At the stand-in, in a test of its own; by answers of ours, where it lacks an operation; cannot happen; untested."""
MOVED = {"domain_security_groups", "domain_subnets", "graphql_api", "lambda_function_security_groups"}
"""Tables whose tests of their own try two regions."""


def creates(resource: Resource) -> bool:
    """Whether a user's row becomes one of AWS's by a call of its own."""
    return resource.create is not None and not resource.remakes


def updates(resource: Resource) -> bool:
    """Whether something of it changes in place."""
    return any(column.role == "mutable" for column in resource.columns)


def replaced_by(resource: Resource) -> frozenset[str]:
    """The columns of its own whose change makes another one of it in the same place."""
    fixed = resource.fixed.columns if resource.fixed and resource.fixed.only_where is None else ()
    if not creates(resource) or resource.delete is None:
        return frozenset()
    own = (column.name for column in resource.columns if not names_rows(column))
    return (resource.replaces & frozenset(own)) - {"region", *fixed}


def moves(resource: Resource) -> bool:
    """Whether a row can go to another region."""
    fixed = resource.fixed.columns if resource.fixed and resource.fixed.only_where is None else ()
    both = creates(resource) and resource.delete is not None
    return both and resource.scope == "region" and resource.has_region and "region" not in fixed


HAPPENS: dict[str, Callable[[Resource], object]] = {
    "create": creates,
    "read": lambda resource: resource.list,
    "update": updates,
    "replace": replaced_by,
    "delete": lambda resource: resource.delete is not None and not resource.remakes,
    "move": moves,
    "import": lambda resource: resource.list,
}
"""Verb -> whether it can happen to rows of a resource at all."""


def tested(resource: Resource, verb: str) -> str:
    """Where a verb is tested: `moto`, `apart` (moto too, in a test of its own), `stub`, `sshd`, `-` or `not`."""
    if not HAPPENS[verb](resource):
        return NONE
    if resource.host is not None:
        return "sshd"
    if verb == "replace" or (verb == "move" and resource.table not in MOVED):
        return NOT
    if resource.table in MISSING or (resource.table, verb) in WITHOUT:
        return STUB
    if resource.table in NOTHING or (verb == "update" and resource.table in LOSES):
        return APART
    return "moto"
