"""The plan: the steps that make both sides agree, and the digest that names this very plan.

Its rows are what `iasql_preview()` shows. The next step is `iasql.plan.order`, which says in what order the
steps go, and `iasql.engine.carry_out`, which takes them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator

import attrs

from iasql.plan.merge import Difference, Disagreement
from iasql.plan.state import Handle, Image, Key, cloud_id_of, handle, natural_key_of
from iasql.resource import Resource
from iasql.resource.label import label


@attrs.frozen(kw_only=True)
class Step:
    """One change of one side: create, update, replace or delete, with the images before and after it.

    `before` is what the cloud has (for the cloud's steps) or what the table has (for the tables'); `after` is
    what it shall have. `columns` are the ones that change.
    """

    action: str
    side: str
    resource: Resource
    key: Key | None
    before: Image | None
    after: Image | None
    columns: frozenset[str] = frozenset()
    changed_by: tuple[str, ...] = ()
    protected: bool = False
    along: bool = False
    """Whether the call for a row that it belongs to takes it along, so that it needs none of its own."""
    brought_by: Handle | None = None
    """The row that goes along with another one and brings this one: that call makes it too, and a read tells it."""
    made_with: Image = attrs.field(factory=dict)
    """Table -> rows that AWS makes in the same call."""
    theirs: frozenset[str] = frozenset()
    """Columns that a replacement takes over from what it replaces: the cloud changed them, and nobody here did."""
    kept: Image = attrs.field(factory=dict)
    """The values that the table has in these columns until they are written back: nobody here changed them."""
    former: Key | None = None
    """The key of the deleted row in whose place this one stands: what it agreed on becomes this one's own."""

    @property
    def handle(self) -> Handle:
        """The row of ours that this step is about; a resource that has none yet goes by its cloud id."""
        if self.key is not None:
            return handle(self.resource.table, self.key)
        return handle(self.resource.table, {"cloud": cloud_id_of(self.resource, self.after or self.before)})

    @property
    def description(self) -> str:
        """The resource's name for people: its cloud id, else its natural key, else its primary key."""
        image = {**(self.after or {}), **{k: v for k, v in (self.before or {}).items() if v is not None}}
        found = cloud_id_of(self.resource, image) or natural_key_of(self.resource, image)
        return label(found or (self.key or {}).values())

    @property
    def row_id(self) -> str:
        """The primary key as text; several columns are joined by a bar; empty when there is no row yet."""
        return label((self.key or {}).values())

    @property
    def reversible(self) -> str:
        """Whether a later revert can undo this step in the cloud: yes, partly or no, with why."""
        if self.side == "tables" or self.action in {"create", "update"}:
            return "yes"
        if self.resource.holds_data:
            return f"no: {self.resource.holds_data} would be lost"
        named = set(self.resource.cloud_id) <= {c.name for c in self.resource.columns if c.role == "key"}
        return "yes" if named else "partly: it comes back with a new id"

    @property
    def changes(self) -> Image:
        """Column by column, what it was and what it becomes."""
        names = self.columns or set(self.after or self.before or {})
        before, after = self.before or {}, self.after or {}
        return {
            name: {"from": before.get(name), "to": after.get(name)}
            for name in sorted(names)
            if before.get(name) is not None or after.get(name) is not None
        }


@attrs.frozen(kw_only=True)
class Clash:
    """A resource that both sides changed differently, and whose changes ours are."""

    resource: Resource
    key: Key | None
    description: str
    disagreements: tuple[Disagreement, ...]
    changed_by: tuple[str, ...] = ()

    def as_json(self) -> Image:
        """Every column in question, with agreed, ours, theirs and who changed ours."""
        columns = [disagreement.as_json() for disagreement in self.disagreements]
        return {"columns": columns, "changed_by": list(self.changed_by)}


@attrs.frozen(kw_only=True)
class Plan:
    """What to do on either side; conflicts stop the cloud's part."""

    cloud: tuple[Step, ...] = ()
    tables: tuple[Step, ...] = ()
    conflicts: tuple[Clash, ...] = ()

    @property
    def digest(self) -> str:
        """SHA-256 over the cloud's steps: another plan has another digest."""
        parts = sorted(
            json.dumps([s.action, s.handle, s.description, s.changes], sort_keys=True, default=str) for s in self.cloud
        )
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def plan(differences: Iterable[Difference]) -> Plan:
    """The plan that settles these differences, in the order they came."""
    cloud: list[Step] = []
    tables: list[Step] = []
    conflicts: list[Clash] = []
    for difference in differences:
        if difference.cloud:
            cloud.append(_cloud_step(difference))
        if difference.tables:
            tables.append(_table_step(difference))
        if difference.conflicts:
            conflicts.append(_clash(difference))
    return Plan(cloud=tuple(_with_owners(cloud)), tables=tuple(tables), conflicts=tuple(conflicts))


def _with_owners(steps: list[Step]) -> Iterator[Step]:
    """The steps; a row that AWS keeps (the main route table of a VPC) may go together with what it belongs to."""
    gone = [step for step in steps if step.action == "delete"]
    for step in steps:
        stays = step.resource.stays if step.action == "delete" else None
        kept = stays is not None and stays(step.before or {}) is not None
        yield attrs.evolve(step, along=True) if kept and any(_refers(step, other) for other in gone) else step


def _refers(step: Step, other: Step) -> bool:
    """Whether a row that is deleted refers to another one, by our key or, where that is gone already, by cloud id."""
    names = {*(other.key or {}).values(), *((other.before or {}).get(name) for name in other.resource.cloud_id)}
    held = (
        (step.before or {}).get(reference.column)
        for reference in step.resource.references
        if reference.table == other.resource.table and reference.table != step.resource.table
    )
    return any(value is not None and getattr(value, "cloud_id", value) in names for value in held)


def _cloud_step(difference: Difference) -> Step:
    ours = difference.ours
    assert ours is not None
    assert difference.cloud is not None
    before = difference.theirs
    if before is None and difference.cloud != "create":
        before = ours.agreed
    theirs = _taken_over(difference)
    return Step(
        action=difference.cloud,
        side="cloud",
        resource=difference.resource,
        key=ours.key,
        before=None if difference.cloud == "create" else before,
        after=None if difference.cloud == "delete" else {**(ours.image or {}), **_only(difference.theirs, theirs)},
        columns=difference.push,
        theirs=theirs,
        kept=_only(ours.image, theirs),
        changed_by=ours.changed_by,
        protected=difference.protected and difference.destroys,
        former=ours.former,
    )


def _taken_over(difference: Difference) -> frozenset[str]:
    """What the cloud changed of a resource that is replaced for other reasons, and a user could have set."""
    return difference.pull & difference.resource.settable if difference.cloud == "replace" else frozenset()


def _table_step(difference: Difference) -> Step:
    ours, theirs = difference.ours, difference.theirs
    action = "restore" if difference.restores and difference.tables == "update" else difference.tables
    assert action is not None
    image = ours.image if ours else None
    after = None if action == "delete" else {**(image or {}), **_only(theirs, difference.pull)}
    return Step(
        action=action,
        side="tables",
        resource=difference.resource,
        key=ours.key if ours else None,
        before=image,
        after=theirs if action == "create" else after,
        columns=difference.pull,
        changed_by=ours.changed_by if ours else (),
    )


def _clash(difference: Difference) -> Clash:
    ours = difference.ours
    image = {**((ours.image if ours else None) or {}), **(difference.theirs or (ours.agreed if ours else None) or {})}
    found = cloud_id_of(difference.resource, image) or natural_key_of(difference.resource, image) or ()
    return Clash(
        resource=difference.resource,
        key=ours.key if ours else None,
        description="|".join(str(value) for value in found),
        disagreements=difference.conflicts,
        changed_by=ours.changed_by if ours else (),
    )


def _only(image: Image | None, names: frozenset[str]) -> Image:
    return {name: (image or {}).get(name) for name in names}
