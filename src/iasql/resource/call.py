"""The calls of a declaration: which AWS operation, where its answer lies, and what its names do not tell.

    Call("ListBuckets", "Buckets")
    Call("PutBucketTagging", Tagging={"TagSet": "$tags"})
    Call("DescribeVpcs", "Vpcs", by={"vpc_id": "Filters:vpc-id"})
    Call("DeleteSecurityGroup", GroupName=None)                        # None: never bind this member

Members of the operation's input whose snake name is a column are bound by themselves. What no call can say is a
function of the client and the row's values, marked with the columns that it takes; so is a part of an argument that no
template can say, a function of the row's values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias, TypeVar

import attrs

from iasql.resource import service as aws
from iasql.resource.fit import fit
from iasql.resource.template import EMPTY, fill

Handwritten: TypeAlias = Callable[[Any, Mapping[str, Any]], Any]
"""`(client, values) -> answer or None`. Values are in AWS's domain: dumped by their kinds, references as cloud ids."""

F = TypeVar("F", bound=Callable[..., Any])


@attrs.frozen
class Joint:
    """Calls for several rows that differ in this list alone are one call, which AWS carries out wholly or not at all.

        Call("CreateTags", Resources=["$vpc_id"], Tags="$set", joint=Joint("Resources"))

    member   the list, as the input names it; a path ("ChangeBatch.Changes") where it lies deeper
    told     of a create: a jmespath, where the answer tells the new rows; a row that tells nothing new needs none
    at_once  how many rows one call takes
    """

    member: str
    told: str | None = None
    at_once: int = 100

    def rest(self, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        """The arguments without the list: what calls must have in common that are to be one."""
        name, _, deeper = self.member.partition(".")
        inner = attrs.evolve(self, member=deeper).rest(arguments[name]) if deeper else None
        return {**arguments, name: inner}

    def merged(self, several: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """The arguments of the one call."""
        name, _, deeper = self.member.partition(".")
        parts = [arguments[name] for arguments in several]
        inner = attrs.evolve(self, member=deeper).merged(parts) if deeper else [each for part in parts for each in part]
        return {**several[0], name: inner}


@attrs.frozen(init=False, eq=False)
class Call:
    """One AWS operation.

    path   a jmespath: where its answer holds the rows, the row or the value
    by     on a list call: how to read only some rows, `{column: "Filters:name"}` (a filter, which AWS answers without
           what is missing) or `{column: "Members"}` (a member that takes a list of ids)
    joint  how calls for several rows become one; None: each row has its own
    other arguments   members of its input, with `"$column"` for a row's value; None: never bind this member
    """

    operation: str
    path: str
    by: Mapping[str, str]
    joint: Joint | None
    arguments: Mapping[str, Any]

    def __init__(
        self,
        operation: str,
        path: str = "@",
        by: Mapping[str, str] | None = None,
        *,
        joint: Joint | None = None,
        **arguments: Any,
    ) -> None:
        self.__attrs_init__(operation, path, by or {}, joint, arguments)

    def templates(self, service: str, says: Mapping[str, Any]) -> dict[str, Any]:
        """Member -> template: how the row is named in every call, overlaid with this call's own arguments."""
        members = aws.members(service, self.operation)
        return {member: part for member, part in {**says, **self.arguments}.items() if member in members}

    def by_name(self, service: str, says: Mapping[str, Any]) -> tuple[str, ...]:
        """Members of the input that a column feeds by its name, if there is one."""
        told = self.templates(service, says)
        tokens = aws.idempotent(service, self.operation)
        return tuple(m for m in aws.members(service, self.operation) if m not in told and m not in tokens)

    def binding(
        self, service: str, says: Mapping[str, Any] | None = None, feeds: Mapping[str, str] | None = None
    ) -> Binding:
        """How a row's values become its arguments.

        says    how this row is named in every call (a resource's)
        feeds   member -> column where the column's own name does not say it
        """
        shapes = aws.members(service, self.operation)
        fed = {member: (feeds or {}).get(member) or aws.snake(member) for member in self.by_name(service, says or {})}
        told = self.templates(service, says or {})
        return Binding(
            fed=tuple((member, column, shapes[member]) for member, column in fed.items()),
            told=tuple((member, part, shapes[member]) for member, part in told.items()),
            tokens=aws.idempotent(service, self.operation),
        )


@attrs.frozen(kw_only=True)
class Binding:
    """How the values of rows of one type become the arguments of one call.

    fed      members that a column feeds by its name, each with that column and its shape in AWS's model
    told     members that a template fills, each with it and its shape
    tokens   members that take an idempotency token
    """

    fed: tuple[tuple[str, str, Any], ...]
    told: tuple[tuple[str, Any, Any], ...]
    tokens: frozenset[str]

    def bind(self, values: Mapping[str, Any], only: frozenset[str] | None = None) -> dict[str, Any]:
        """The arguments for a row's values (in AWS's domain); null and empty ones left out.

        only    the columns that may be bound by name; None: all
        """
        bound = [(m, values.get(column), shape) for m, column, shape in self.fed if only is None or column in only]
        bound += [(member, fill(part, values), shape) for member, part, shape in self.told]
        fitted = {member: fit(shape, value) for member, value, shape in bound if value not in EMPTY}
        token = values.get("token")
        return fitted | dict.fromkeys(self.tokens, token) if token else fitted


@attrs.frozen(eq=False)
class Either:
    """Twin operations, chosen by a boolean column:

    `create=Either("is_egress", Call("AuthorizeSecurityGroupEgress", ...), Call("AuthorizeSecurityGroupIngress", ...))`
    """

    column: str
    yes: Call
    no: Call

    def chosen(self, values: Mapping[str, Any]) -> Call:
        """The twin for a row."""
        return self.yes if values.get(self.column) else self.no


Verb: TypeAlias = Call | Either | Handwritten


def takes(*columns: str) -> Callable[[F], F]:
    """Marks a hand-written verb with the columns that it takes, from which their roles follow.

    @takes("name", "region")
    def create(s3, values):
        '''S3 refuses a location constraint that names its oldest region.'''
        ...
        return s3.create_bucket(Bucket=values["name"], **where)
    """

    def mark(verb: F) -> F:
        verb.__dict__["takes"] = frozenset(columns)
        return verb

    return mark


def along(*columns: str) -> Handwritten:
    """The verb of rows that only come and go with the row that they are made with, and make that anew (`remakes`)."""

    @takes(*columns)
    def never(client: Any, values: Mapping[str, Any]) -> None:
        raise AssertionError("such a row has no call of its own")

    return never


def marked(verb: Any) -> frozenset[str]:
    """The columns that a hand-written verb says it takes."""
    found: frozenset[str] = getattr(verb, "takes", frozenset())
    return found
