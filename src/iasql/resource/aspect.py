"""Columns that AWS keeps behind calls of their own, what a create must wait for, and what it must undo."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, TypeAlias

import attrs

from iasql.resource.call import Call, Joint, Verb


def codes(value: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    """One error code or several, as a tuple."""
    return (value,) if isinstance(value, str) else tuple(value)


def one_or_more(value: str | tuple[str, ...]) -> tuple[str, ...]:
    """One column or several, as a tuple."""
    return (value,) if isinstance(value, str) else tuple(value)


@attrs.frozen(eq=False)
class Aspect:
    """One or more columns that AWS keeps behind calls of their own.

        Aspect("policy", Call("GetBucketPolicy", "Policy"), put=Call("PutBucketPolicy"),
               clear=Call("DeleteBucketPolicy"), absent="NoSuchBucketPolicy")

    column       the column, or a tuple of columns whose values the answer of `get` holds as members
    get          reads it, for one row; left out when the list call already tells it
    put          writes it; clear: takes it away (null); without `clear`, null is written by `put`
    absent       the error codes of `get` and `clear` that mean "there is none"
    unlisted     ask `get` only when the list call's item did not tell the column
    while_       name of a precondition (Resource.preconditions) that holds while it is written
    wait         a waiter to pass afterwards
    later_than   tables whose rows that refer to this row are written before it (a bucket's policy after its public
                 access block)
    starts_null  a new row has none until somebody writes it, so that nobody asks right after a create
    """

    columns: tuple[str, ...] = attrs.field(converter=one_or_more)
    get: Verb | None = None
    put: Verb | None = None
    clear: Verb | None = None
    absent: tuple[str, ...] = attrs.field(default=(), converter=codes)
    unlisted: bool = False
    while_: str | None = None
    wait: Wait | None = None
    later_than: tuple[str, ...] = attrs.field(default=(), converter=one_or_more)
    starts_null: bool = False

    @property
    def writes(self) -> bool:
        return self.put is not None or self.clear is not None


@attrs.frozen(eq=False)
class Members:
    """A set that is changed one element at a time; it is emptied before its row is deleted.

    Members("attached_policies_arns", Call("ListAttachedRolePolicies", "AttachedPolicies[].PolicyArn"),
            add=Call("AttachRolePolicy", PolicyArn="$item"), remove=Call("DetachRolePolicy", PolicyArn="$item"))
    """

    column: str
    get: Verb | None = None
    add: Verb | None = None
    remove: Verb | None = None
    absent: tuple[str, ...] = attrs.field(default=(), converter=codes)
    starts_null: ClassVar[bool] = True

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.column,)

    @property
    def writes(self) -> bool:
        return self.add is not None


@attrs.frozen(eq=False)
class Tagging:
    """Tags that are set by one call and removed, key by key, by another.

        Tagging("tags", get=Call("ListQueueTags", "Tags"),
                put=Call("TagQueue", Tags="$set"), remove=Call("UntagQueue", TagKeys="$unset"))

    In `put` `$set` are the tags that are new or changed; in `remove` `$unset` are the keys that go, and `$unset_tags`
    the same as a list of `{"Key": key}`. For EC2 see ec2_tags().
    specification   EC2's name of the resource type, for the TagSpecifications of its create call
    """

    column: str
    get: Verb | None = None
    put: Verb | None = None
    remove: Verb | None = None
    absent: tuple[str, ...] = attrs.field(default=(), converter=codes)
    specification: str | None = None
    starts_null: ClassVar[bool] = True

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.column,)

    @property
    def writes(self) -> bool:
        return self.put is not None


TAGGED_ALIKE = Joint("Resources", at_once=500)


def ec2_tags(specification: str, cloud_id: str, column: str = "tags") -> Tagging:
    """The tags of an EC2 resource: `ec2_tags("vpc", "vpc_id")`.

    Sent with the create call where it takes TagSpecifications, with an `iasql:intent` tag that finds the resource again
    after a crash; changed by CreateTags and DeleteTags, which always names the keys.
    """
    which = ["$" + cloud_id]
    return Tagging(
        column,
        put=Call("CreateTags", Resources=which, Tags="$set", joint=TAGGED_ALIKE),
        remove=Call("DeleteTags", Resources=which, Tags="$unset_tags", joint=TAGGED_ALIKE),
        specification=specification,
    )


@attrs.frozen(eq=False)
class Until:
    """A waiter where botocore has none: asks until `holds`, a jmespath on the answer, is true.

    `wait=Until(Call("DescribeCacheClusters"), "CacheClusters[0].CacheClusterStatus == 'available'")`
    absent   error codes that mean it holds (for `gone=`)
    """

    call: Call
    holds: str
    absent: tuple[str, ...] = attrs.field(default=(), converter=codes)
    delay: float = 2.0
    attempts: int = 150


Wait: TypeAlias = str | Until
"""botocore's waiter by name ("VpcAvailable"), or an Until."""


@attrs.frozen(eq=False)
class Precondition:
    """A state that the writer brings about before an aspect and undoes after it (an instance that must be stopped).

    holds   a jmespath on the row's image: whether nothing has to be done
    """

    holds: str
    enter: Call
    leave: Call
    entered: Wait | None = None
    left: Wait | None = None


@attrs.frozen(eq=False)
class After:
    """A call that follows a create, to undo a side effect that nobody asked for.

        after=(After(Call("RevokeSecurityGroupEgress", GroupId="$group_id", IpPermissions=ALLOW_ALL),
                     absent="InvalidPermission.NotFound"),)

    absent   error codes that mean there was nothing to undo
    """

    call: Verb
    absent: tuple[str, ...] = attrs.field(default=(), converter=codes)


@attrs.frozen(eq=False)
class Sweep:
    """What AWS makes along with new rows and nobody asked for: looked up once for many, taken away row by row.

        sweep=Sweep(
            Call("DescribeSecurityGroups", "SecurityGroups[].{owner: GroupId, items: IpPermissionsEgress}",
                 by={"group_id": "GroupIds"}),
            Call("RevokeSecurityGroupEgress", GroupId="$group_id", IpPermissions="$items"))

    look   tells of each row `owner`, the value of its `by` column, and `items`, a list of what is too much
    undo   takes the `$items` of one row away
    """

    look: Call
    undo: Call

    @property
    def column(self) -> str:
        """The column that tells the owners apart."""
        return next(iter(self.look.by))


AnyAspect: TypeAlias = Aspect | Members | Tagging


def preconditions(value: Mapping[str, Any] | None) -> Mapping[str, Precondition]:
    """The preconditions of a resource, by name."""
    return dict(value or {})
