"""A resource type: a row class and the AWS calls that read and write its rows; all the rest is derived from the two.

Asking for a derived property loads botocore's model of the service; building a Resource does not.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias
from weakref import WeakKeyDictionary

import attrs

from iasql.resource.aspect import After, AnyAspect, Precondition, Sweep, Tagging, Wait, codes, preconditions
from iasql.resource.call import Binding, Call, Either, Handwritten, Verb
from iasql.resource.column import Column, Reference, columns_of
from iasql.resource.host import Host
from iasql.resource.image import Image, Value
from iasql.resource.roles import feeds_of, role_of
from iasql.resource.service import snake

if TYPE_CHECKING:
    from iasql.resource.fault import Fault

    Faults: TypeAlias = list[Fault]

Scope: TypeAlias = Literal["region", "global"]
Order: TypeAlias = Literal["create_first", "delete_first"]


def _calls(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, tuple | list) else () if value is None else (value,)


def _after(value: Any) -> tuple[After, ...]:
    return tuple(item if isinstance(item, After) else After(item) for item in _calls(value))


@attrs.frozen(kw_only=True)
class Fixed:
    """Columns that nobody changes, since AWS neither renames nor moves such a thing: a change is refused when written.

        Fixed(columns=("name", "region"), guard="block_s3_primary_key_update", what="Bucket name or region",
              hint="Insert a bucket of the new name or region, move the objects, then delete this row.")

    guard        the name of the trigger; `what` begins the error
    only_where   an SQL condition on `old` and `new`: of which rows
    """

    columns: tuple[str, ...]
    guard: str
    what: str
    hint: str
    only_where: str | None = None


@attrs.frozen(eq=False)
class Resource:
    """One type of cloud resource, and its table.

        BUCKET = Resource(
            Bucket, service="s3", shape="Bucket", says={"Bucket": "$name"}, scope="global",
            list=Call("ListBuckets", "Buckets"),
            create=create,
            delete=Call("DeleteBucket"),
            aspects=(Aspect("policy", ...), ...),
        )

    row        the row class; its name in snake case is the table, its docstring's first line the comment
    service    botocore's name of the service (None: a table that is ours alone, such as aws_credentials)
    host       the kind of machine whose rows they are, in the place of a service of AWS; all verbs are functions then
    shape      the model's shape of one row in answers: comments and limits are taken from it

    Reading
    list       lists rows; `by=` on it reads only some. A function `(client, values) -> items` where no call can
    per        table of the parent: the list call is made once for each of its rows, and its answer may be one row
    or_per     a second such table, where rows belong to a row of either
    per_column the column of the parent that holds its cloud id, where our reference to it is a number
    unfold     turns one item of the list's answer into the items of several rows (the routes of a route table)
    get        reads one row, by its cloud id; a function `(client, values) -> item or None` where no call can
    details    calls made for each row, whose answers are added to the listed item (a queue's attributes); where one
               answers nothing, there is no such row
    at_once    how many ids the list call takes at once by its `by=`; default: 200, as EC2 takes in a filter, else 100
    aspects    Aspect, Members and Tagging: columns behind calls of their own, in the order they are written after a
               create; what the create call took is not written again
    beside     a second list, asked once where many rows are read: it tells, by names of columns, those that name the
               row and whole aspects. A row that it does not tell, and all where it is refused, are asked for one by one

    Writing
    says       how the row is named in every call of the service that has such a member
    create     None: a user cannot create such a row
    update     one verb or several; each is called when a column that it takes has changed
    delete     bound to keys and cloud id only
    wait, gone   waiters to pass after a create and after a delete
    after      calls that undo side effects of the create; sweep: the same, looked up for many rows at once
    absent, exists, not_yet   error codes of this service that mean: it is gone; its name is taken; try again later
               ("Code: words" where one code means several things)
    preconditions   by name, for `Aspect(while_=)`
    stays      tells why AWS owns a row that must not be deleted, or None
    holds_data   what is lost for good when a row is deleted, in words ("its objects"); nothing brings that back
    as_made         completes what a create sent and was told to all of the new row, or None where it cannot: where AWS
                    decides nothing else, it is not read again
    repeatable      a hand-written create that sends `token` as AWS's idempotency token: sent twice, it makes one row
    one_by_one      a reference: rows that refer to the same row are written one after the other, where AWS takes their
                    whole set in one call, and two at a time would each undo the other
    made_with       a reference: AWS makes the row in one call with the row referred to, whose hand-written create gets
                    all such rows as `$<table>`; while that one stays, create and delete add and remove this row alone
    brings          a reference of a row that has `made_with`: where that call makes the row itself, it makes the row
                    referred to as well, if that is new too, and gets it as `$<reference>` (a new instance's new disk);
                    a row that refers to one which is there already is made by its own create
    remakes         whether a change of such a row makes the row referred to anew (a task definition's container)
    replace_order   delete_first when a name that stays the same must be freed before its successor can be created

    Table
    cloud_id   the columns that name a row in the cloud; default: those marked cloud_id(), else the key; with the region
               where they are names that a user gives (not null, no reference), which may stand in several regions
    natural    the columns that pair a new row with what exists; default: the first of `unique`, else the natural key
    unique     tuples of columns; nulls are not distinct. checks: SQL conditions by name
    unique_if_set   tuples of columns that no two rows share, where all of them have a value (ids that AWS gives)
    fixed      the columns that nobody changes
    scope      region or global: whether rows are read per region; default: region when the row has one
    sql        a file of SQL to run after the table is made (guards, convenience functions)
    """

    row: type[Any]
    service: str | None = None
    host: Host | None = None
    shape: str | None = None
    list: Verb | None = None
    create: Verb | None = None
    update: tuple[Verb, ...] = attrs.field(default=(), converter=_calls)
    delete: Verb | None = None
    get: Verb | None = None
    details: tuple[Call, ...] = attrs.field(default=(), converter=_calls)
    aspects: tuple[AnyAspect, ...] = ()
    beside: Call | None = None
    says: Mapping[str, Any] = attrs.field(factory=dict)
    per: str | None = None
    per_column: str | None = None
    or_per: str | None = None
    unfold: Callable[[dict[str, Any]], Iterable[dict[str, Any]]] | None = None
    wait: Wait | None = None
    gone: Wait | None = None
    after: tuple[After, ...] = attrs.field(default=(), converter=_after)
    sweep: Sweep | None = None
    absent: tuple[str, ...] = attrs.field(default=(), converter=codes)
    exists: tuple[str, ...] = attrs.field(default=(), converter=codes)
    not_yet: tuple[str, ...] = attrs.field(default=(), converter=codes)
    preconditions: Mapping[str, Precondition] = attrs.field(default=None, converter=preconditions)
    stays: Callable[[Image], str | None] | None = None
    holds_data: str = ""
    replace_order: Order = "create_first"
    as_made: Callable[[Image], Image | None] | None = None
    repeatable: bool = False
    made_with: str | None = None
    brings: str | None = None
    remakes: bool = False
    one_by_one: str | None = None
    at_once: int = attrs.field()
    unique: tuple[tuple[str, ...], ...] = ()
    unique_if_set: tuple[tuple[str, ...], ...] = ()
    checks: Mapping[str, str] = attrs.field(factory=dict)
    fixed: Fixed | None = None
    sql: Path | None = None
    table: str = ""
    module: str = ""
    cloud_formation: str | None = None
    """CloudFormation's name of the type, for comparing roles at check: `AWS::EC2::VPC`."""
    _scope: Scope | None = attrs.field(default=None, alias="scope")
    _cloud_id: tuple[str, ...] = attrs.field(default=(), alias="cloud_id")
    _natural: tuple[str, ...] = attrs.field(default=(), alias="natural")

    @at_once.default
    def _as_many(self) -> int:
        return 200 if self.service == "ec2" else 100

    def __attrs_post_init__(self) -> None:
        if not self.table:
            object.__setattr__(self, "table", snake(self.row.__name__))

    # --- the table, told by the row class alone ---

    @functools.cached_property
    def declared(self) -> tuple[Column, ...]:
        """The columns as declared, roles that AWS's model decides still open."""
        return columns_of(self.row, self.table)

    @functools.cached_property
    def primary_key(self) -> tuple[str, ...]:
        """The natural key's columns, else ("id",)."""
        return tuple(column.name for column in self.declared if column.key)

    @property
    def has_surrogate(self) -> bool:
        """Whether the key is a number that IaSQL gives."""
        return self.declared[0].surrogate

    @property
    def host_column(self) -> str:
        """The column that names the machine of a row; KeyError where there is none."""
        assert self.host is not None
        named = {reference.table: reference.column for reference in self.references}
        return named[self.host.table]

    @functools.cached_property
    def has_region(self) -> bool:
        """Whether the row says its region (in the table of regions itself it is a name, not a place)."""
        return any(column.name == "region" and column.references for column in self.declared)

    @property
    def scope(self) -> Scope:
        """Whether rows are listed region by region, or once."""
        return self._scope or ("region" if self.has_region else "global")

    @functools.cached_property
    def cloud_id(self) -> tuple[str, ...]:
        """The columns that name a row in the cloud, in cloud domain."""
        if self._cloud_id:
            return self._cloud_id
        marked = tuple(c for c in self.declared if c.cloud_id)
        named = marked or tuple(c for c in self.declared if c.key and not c.surrogate)
        by_user = named and not any(c.optional or (c.references and c.references.translated) for c in named)
        regional = by_user and self.has_region and self.scope == "region"
        return tuple(dict.fromkeys((*(c.name for c in named), *(("region",) if regional else ()))))

    @functools.cached_property
    def natural(self) -> tuple[str, ...]:
        """The columns that pair a new row with what exists; () when there are none."""
        if self._natural:
            return self._natural
        if self.unique:
            return self.unique[0]
        return () if self.has_surrogate else self.primary_key

    @functools.cached_property
    def references(self) -> tuple[Reference, ...]:
        """The foreign keys, in the order of the columns."""
        return tuple(column.references for column in self.declared if column.references)

    @functools.cached_property
    def lists(self) -> tuple[Reference, ...]:
        """What the members of its arrays refer to, in the order of the columns."""
        return tuple(column.lists for column in self.declared if column.lists)

    def stand_in(self, name: str) -> str | None:
        """The key's column that names a row in others' arrays while AWS has not given it its id (the column `name`)."""
        keys = [key for key in self.primary_key if key != "region"]
        return keys[0] if len(keys) == 1 and name in self.cloud_id and name not in keys else None

    @property
    def comment(self) -> str:
        """The first line of the row class's docstring."""
        return (self.row.__doc__ or "").strip().partition("\n")[0]

    @functools.cached_property
    def identifying(self) -> frozenset[str]:
        """The columns that deletes, gets and details bind by name."""
        keys = () if self.has_surrogate else self.primary_key
        parents = (reference.column for reference in self.references if reference.table in self.pers)
        return frozenset((*self.cloud_id, *keys, *parents))

    @functools.cached_property
    def pers(self) -> tuple[str, ...]:
        """The tables for each of whose rows the list call is made; none where one call lists everything."""
        return tuple(table for table in (self.per, self.or_per) if table)

    # --- what AWS's model adds ---

    @functools.cached_property
    def columns(self) -> tuple[Column, ...]:
        """The table's columns in order, with their roles."""
        return tuple(attrs.evolve(column, role=role_of(self, column)) for column in self.declared)

    @functools.cached_property
    def _by_name(self) -> dict[str, Column]:
        return {column.name: column for column in self.columns}

    def column(self, name: str) -> Column:
        """The column of that name; KeyError when there is none."""
        return self._by_name[name]

    @functools.cached_property
    def settable(self) -> frozenset[str]:
        """The columns whose value a user decides."""
        return frozenset(column.name for column in self.columns if column.settable)

    @functools.cached_property
    def replaces(self) -> frozenset[str]:
        """The columns whose change makes a new resource."""
        return frozenset(c.name for c in self.columns if c.role in ("key", "replace") and not c.surrogate)

    @functools.cached_property
    def in_cloud(self) -> tuple[Column, ...]:
        """The columns that a cloud image has."""
        return tuple(column for column in self.columns if column.in_cloud)

    @functools.cached_property
    def masked(self) -> frozenset[str]:
        """The columns whose values never reach the log in clear."""
        return frozenset(column.name for column in self.declared if column.masked)

    @functools.cached_property
    def secrets(self) -> frozenset[str]:
        """The columns kept in the vault."""
        return frozenset(column.name for column in self.declared if column.secret)

    @functools.cached_property
    def computed(self) -> frozenset[str]:
        """The columns that AWS decides."""
        return frozenset(column.name for column in self.columns if column.role == "computed")

    @functools.cached_property
    def volatile(self) -> frozenset[str]:
        """The columns that move by themselves."""
        return frozenset(column.name for column in self.columns if column.role == "volatile")

    @functools.cached_property
    def tagging(self) -> Tagging | None:
        """How its tags are written, when they are."""
        return next((aspect for aspect in self.aspects if isinstance(aspect, Tagging)), None)

    @functools.cached_property
    def feeds(self) -> dict[str, str]:
        """AWS member -> column, where the column's own name does not say it."""
        return feeds_of(self)

    def arguments(self, call: Call, values: Mapping[str, Any], *, narrow: bool = False) -> dict[str, Any]:
        """The arguments of a call of this resource for values in AWS's domain; narrow: only what names the row."""
        assert self.service is not None
        binding = self._bindings.get(call)
        if binding is None:
            self._bindings[call] = binding = call.binding(self.service, self.says, self.feeds)
        return binding.bind(values, self.identifying if narrow else None)

    @functools.cached_property
    def _bindings(self) -> WeakKeyDictionary[Call, Binding]:
        return WeakKeyDictionary()  # some calls are made for one question

    def faults(self, image: Mapping[str, Value], columns: Iterable[str] | None = None) -> Faults:
        """What AWS would refuse in these columns of an image; of a whole new row where none are named."""
        from iasql.resource.fault import faults

        return faults(self, image, columns)

    def later(self) -> dict[str, tuple[str, ...]]:
        """Column -> tables whose rows that refer to this row are written before the column is."""
        return {name: later for aspect in self.aspects for name in aspect.columns if (later := _later(aspect))}


def _later(aspect: AnyAspect) -> tuple[str, ...]:
    return getattr(aspect, "later_than", ())


__all__ = ["Call", "Either", "Handwritten", "Resource"]
