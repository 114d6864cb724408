"""The columns of a resource's table: how a row class says them, and the values made of them.

    @row
    class Bucket:
        '''A container for objects stored in Amazon S3.'''

        name: str = key(member="Name", pattern=r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
        region: Region = region()
        created_at: datetime | None = column(member="CreationDate")
        policy: Policy | None = column()
        tags: Tags | None = column()

The annotation gives the column's kind, `| None` makes it nullable, and the order of the fields is that of the table.
A row class is a declaration only: at run time rows are images (see image.py).
A field that has the name of one of these functions (`key: str = key()`) hides it from the fields after it, so put
such a field last, or call `column(key=True)`.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeAlias, TypeVar, Union, dataclass_transform, get_args, get_origin, get_type_hints

import attrs

from iasql.resource.image import Value
from iasql.resource.kinds import Kind, RegionText, Text, kind_of
from iasql.resource.service import is_name, snake

Role: TypeAlias = Literal["key", "mutable", "replace", "computed", "volatile", "write_only", "local"]
Path: TypeAlias = str | Callable[[Mapping[str, Any]], Any]

T = TypeVar("T")


@attrs.frozen
class Sql:
    """A default that is an SQL expression."""

    text: str


def sql(text: str) -> Sql:
    """A default that PostgreSQL computes: `column(default=sql("now()"))`."""
    return Sql(text)


@attrs.frozen(kw_only=True)
class Limits:
    """What AWS takes in a column, where its model does not say it."""

    pattern: str | None = None
    length: tuple[int, int] | None = None
    between: tuple[float, float] | None = None
    among: tuple[int, ...] = ()
    allowed: str | None = None
    """The limits in words, for the error."""


@attrs.frozen(kw_only=True)
class Reference:
    """A column that holds another resource's key: in the table our key, in a call its cloud id."""

    column: str
    table: str
    target_column: str = "id"
    with_region: bool | None = None
    """Whether the foreign key also holds the region; None: when both tables have one."""
    on_delete: str | None = None
    on_update: str | None = None
    region_column: str = "region"
    """The column of the row that holds the region of what it refers to."""
    called_by: str | None = None
    """The target's column whose value stands for it in calls and answers; None: its cloud id, or the same name."""
    others: str | None = None
    """A pattern of members of an array that name what is no row of ours, and nobody's to change."""

    @property
    def translated(self) -> bool:
        """Whether the column's value in the table is another than in calls: our integer key, or a name for an ARN."""
        return self.target_column == "id" or self.called_by is not None


@attrs.frozen(kw_only=True)
class Column:
    """One column of a resource's table. `role` is what the declaration says, else what AWS's model says."""

    name: str
    kind: Kind
    optional: bool = False
    role: Role = "computed"
    stated: Role | None = None
    """The role as declared; None when it is derived."""
    references: Reference | None = None
    lists: Reference | None = None
    """What the members of an array refer to: values of a column of another table."""
    follows: str | None = None
    """The reference to the row that says its value, and after a dot the column there, where that has another name."""
    default: Value | Sql = None
    member: str | None = None
    path: Path | None = None
    cloud_id: bool = False
    key: bool = False
    secret: bool = False
    masked: bool = False
    surrogate: bool = False
    """Whether this is the identity column that IaSQL adds to a table without a natural key."""
    cleared: Value = None
    """What an update sends in place of null."""
    needed: bool = False
    """Whether a new row must say it, though null is told of some that exist."""
    limits: Limits = Limits()
    why: str = ""
    """Why the role is not what AWS's model or CloudFormation's schema says."""
    comment: str = ""

    @property
    def region(self) -> bool:
        return isinstance(self.kind, RegionText)

    @property
    def settable(self) -> bool:
        """Whether a user decides its value."""
        return not self.surrogate and self.role in ("key", "mutable", "replace", "write_only", "local")

    @property
    def in_cloud(self) -> bool:
        """Whether AWS knows it, so that a cloud image has it."""
        return not self.surrogate and self.role != "local"

    @property
    def bound_as(self) -> str | None:
        """The AWS member it is bound to by name, if the declaration says another than its own."""
        return self.member if self.member and is_name(self.member) else None

    def binds(self, member: str) -> bool:
        """Whether an input member of this name takes the column."""
        return member == self.bound_as or snake(member) == self.name


@dataclass_transform(kw_only_default=True, frozen_default=True)
def row(cls: type[T]) -> type[T]:
    """Marks the class whose fields are the columns of a table."""
    return attrs.frozen(kw_only=True)(cls)


def column(
    *,
    default: Value | Sql = None,
    member: str | None = None,
    path: Path | None = None,
    role: Role | None = None,
    enum: str | None = None,
    kind: Kind | None = None,
    key: bool = False,
    cloud_id: bool = False,
    secret: bool = False,
    masked: bool = False,
    cleared: Value = None,
    needed: bool = False,
    pattern: str | None = None,
    length: tuple[int, int] | None = None,
    between: tuple[float, float] | None = None,
    among: tuple[int, ...] = (),
    allowed: str | None = None,
    why: str = "",
    comment: str = "",
    references: Reference | None = None,
    lists: Reference | None = None,
    follows: str | None = None,
) -> Any:
    """A column.

    default   the column's default in SQL: a Python value, or `sql("now()")`
    member    AWS's name for it, both in answers and in calls, where snake case does not say it
              (`created_at` = `column(member="CreationDate")`); a dotted one is a jmespath, and only read
    path      where the answer holds it when that is not `member`: a jmespath, or a function of the answer's item
              (`path=lambda queue: queue["QueueUrl"].rsplit("/", 1)[-1]`)
    role      key | mutable | replace | computed | volatile | write_only | local, where AWS's model says it wrongly;
              say `why` beside it
    enum      name of the PostgreSQL enum type of a `Literal[...]`; else `<table>_<column>_enum`
    kind      the Kind, where the annotation does not say it
    key       part of the table's primary key; cloud_id: part of the name by which AWS knows the row
    secret    kept in the vault, masked everywhere; masked: shown, but masked in the log (user_data)
    cleared   what an update sends in place of null, where AWS clears by an empty value (`cleared=""`)
    needed    a new row must say it; null is only for what AWS tells (a rule of a group that has no row)
    pattern, length, between, among, allowed   limits that AWS keeps to itself; `allowed` says them in words
    follows   the reference to the row that says its value whatever a user writes: a membership is in the region of
              its holder (`region(follows="instance_id")`, `column(follows="accepter_id.region")`)
    """
    return attrs.field(
        default=default,
        metadata={
            "default": default,
            "member": member,
            "path": path,
            "stated": role,
            "enum": enum,
            "kind": kind,
            "key": key,
            "cloud_id": cloud_id,
            "secret": secret,
            "masked": masked or secret,
            "cleared": cleared,
            "needed": needed,
            "limits": Limits(pattern=pattern, length=length, between=between, among=among, allowed=allowed),
            "why": why,
            "comment": comment,
            "references": references,
            "lists": lists,
            "follows": follows,
        },
    )


def key(**said: Any) -> Any:
    """A column of the natural primary key: `name: str = key()`. A change of it is a replace."""
    return column(key=True, **said)


def cloud_id(**said: Any) -> Any:
    """The id that AWS gives: `group_id: str | None = cloud_id()`. It names the row in every get, update and delete."""
    return column(cloud_id=True, **said)


def ref(
    table: str,
    *,
    column: str = "id",
    with_region: bool | None = None,
    on_delete: str | None = None,
    on_update: str | None = None,
    region_column: str = "region",
    called_by: str | None = None,
    **said: Any,
) -> Any:
    """A reference to a row of another table (or of this one).

    `vpc_id: int = ref("vpc")` holds vpc.id in the table and the VPC's cloud id in a call; when both tables have a
    region the foreign key is (vpc_id, region) -> vpc(id, region), unless `with_region=False`.
    `bucket_name: str = ref("bucket", column="name", on_delete="cascade")`: a table keyed by name; the value is the same
    on both sides. `role_name: str = ref("iam_role", column="role_name", called_by="arn")`: the name in the table, the
    target's ARN in calls and answers. `region_column=` names the column that holds the target's region where that is
    not `region`. `member=`, `path=` tell where answers hold the cloud id; other arguments are column()'s.
    """
    reference = Reference(
        column="",
        table=table,
        target_column=column,
        with_region=with_region,
        on_delete=on_delete,
        on_update=on_update,
        region_column=region_column,
        called_by=called_by,
    )
    return _column(references=reference, **said)


def joins(table: str, *, with_region: bool | None = False, **said: Any) -> Any:
    """One of the two rows that a membership joins: a part of its key, with which it goes; else as ref()."""
    return ref(table, key=True, with_region=with_region, on_delete="cascade", on_update="cascade", **said)


def refs(table: str, *, column: str, with_region: bool | None = None, others: str | None = None, **said: Any) -> Any:
    """An array whose members name rows of another table, by a cloud id or by a name.

    `subnets: StringSet | None = refs("subnet", column="subnet_id")`: a member that no row bears is refused, and so is
    deleting a row that is a member, or changing its id; when both tables have a region, rows of the same one are
    meant. Where AWS gives the id, a row that has none yet is named by its key as text; the commit puts the id there.
    others   a pattern of members that name what is no row of ours (the policies that AWS keeps itself)
    """
    lists = Reference(column="", table=table, target_column=column, with_region=with_region, others=others)
    return _column(lists=lists, **said)


def region(**said: Any) -> Any:
    """The region of a row: `region: Region = region()`. It defaults to default_aws_region()."""
    reference = Reference(column="", table="aws_regions", target_column="region", with_region=False)
    given: dict[str, Any] = {"comment": "The AWS region that it is in."} | said
    given |= {"default": given.get("default", sql("default_aws_region()")), "references": reference}
    return _column(**given)


def secret(**said: Any) -> Any:
    """A secret text: kept in the vault, `********` for everybody. With `role="write_only"` where AWS never tells it."""
    return _column(secret=True, **said)


def volatile(**said: Any) -> Any:
    """A column that moves by itself (a count of free addresses): written, but never logged nor compared."""
    return _column(role="volatile", **said)


def local(**said: Any) -> Any:
    """A column that is ours alone and that no AWS member feeds (`aws_regions.is_default`)."""
    return _column(role="local", **said)


def computed(**said: Any) -> Any:
    """A column that AWS decides, said outright where a call's input has a member of that name."""
    return _column(role="computed", **said)


_column = column

SURROGATE = "id"


def columns_of(cls: type[Any], table: str) -> tuple[Column, ...]:
    """The columns that a row class declares, with the roles that it states; `id` first where no field is a key."""
    hints = get_type_hints(cls, include_extras=True, localns={})
    declared = tuple(_column_of(field, hints[field.name], table) for field in attrs.fields(cls))
    if any(column.key for column in declared):
        return declared
    return (_surrogate(), *declared)


def _surrogate() -> Column:
    return Column(
        name=SURROGATE,
        kind=kind_of(int, ""),
        role="local",
        stated="local",
        key=True,
        surrogate=True,
        comment="The row's number in this table.",
    )


def _column_of(field: attrs.Attribute[Any], hint: Any, table: str) -> Column:
    said = dict(field.metadata)
    enum = said.pop("enum") or f"{table}_{field.name}_enum"
    stated: Role | None = said["stated"] or ("key" if said["key"] else None)
    reference: Reference | None = said.pop("references")
    lists: Reference | None = said.pop("lists")
    kind = said.pop("kind") or _kind(hint, enum, reference)
    return Column(
        name=field.name,
        kind=kind,
        optional=_optional(hint),
        role=stated or "computed",
        references=attrs.evolve(reference, column=field.name) if reference else None,
        lists=attrs.evolve(lists, column=field.name) if lists else None,
        **(said | {"stated": stated}),
    )


def _optional(hint: Any) -> bool:
    return type(None) in get_args(hint)


def _kind(hint: Any, enum: str, reference: Reference | None) -> Kind:
    if get_origin(hint) in (Union, types.UnionType):
        hint = next(part for part in get_args(hint) if part is not type(None))
    if reference is not None and reference.target_column == "id":
        return Text(sql="integer")
    return kind_of(hint, enum)
