"""What a span would do: its pending changes, with everything they need, as a plan.

Read: the rows of the span, what they refer to that is not in the cloud yet, and what refers to a row that is
replaced. Nothing is written. The next step is `iasql.engine.preview` or `iasql.engine.commit`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import attrs

from iasql.cloud.known import NOTHING, Known
from iasql.db import rows
from iasql.db.ddl import with_region
from iasql.engine.context import Context
from iasql.engine.modes import Modes
from iasql.engine.needed import to_change
from iasql.engine.parts import owners, parts, remake, renew
from iasql.engine.sides import both
from iasql.errors import Refused
from iasql.log import agreement
from iasql.plan.merge import Difference, Mode, Rules, merge
from iasql.plan.order import sorted_by_reference
from iasql.plan.plan import Plan, Step, plan
from iasql.plan.state import Handle, Image, Key, Ours, handle, key_of
from iasql.plan.together import remade, together
from iasql.resource import Resource


@attrs.frozen(kw_only=True)
class Wish:
    """One row that a span wants pushed: all of it, or only these columns."""

    table: str
    key: Key
    columns: frozenset[str] | None = None
    follows: bool = False
    """Whether it is only asked for because what it refers to gets another cloud id."""

    @property
    def handle(self) -> Handle:
        """The row's name."""
        return handle(self.table, self.key)


@attrs.frozen(kw_only=True)
class Proposal:
    """A plan with the cloud's own image of each row in it, by handle."""

    plan: Plan
    differences: tuple[Difference, ...]
    raw: dict[Handle, Image]

    @property
    def keys(self) -> dict[str, list[Key]]:
        """The rows that this proposal looked at, by table."""
        found: dict[str, list[Key]] = defaultdict(list)
        for difference in self.differences:
            if difference.ours is not None:
                found[difference.resource.table].append(difference.ours.key)
        return dict(found)

    @property
    def beside(self) -> list[Difference]:
        """Rows that need nothing from the cloud, and may have to hear of it."""
        return [each for each in self.differences if each.ours is not None and each.cloud is None]


def propose(
    context: Context,
    wishes: Iterable[Wish],
    *,
    force: bool = False,
    enforce: bool = False,
    unread: dict[Handle, str] | None = None,
) -> Proposal:
    """The plan for these wishes; raises CloudReadError when AWS cannot be read, unless `unread` takes such rows."""
    modes = Modes.read(context.connection)

    def rules(wish: Wish | None, of: dict[str | None, Mode]) -> Rules:
        if wish is None:
            return Rules(push=False, modes=of)
        return Rules(span=wish.columns, force=force, enforce=enforce, modes=of)

    # a table that is ours alone, such as aws_credentials, has nothing to agree about
    shared = {table for table, resource in context.resources.items() if resource.list is not None}
    asked = {wish.handle: wish for wish in wishes if wish.table in shared}
    found: dict[Handle, Difference] = {}
    raw: dict[Handle, Image] = {}
    new = list(asked.values())
    whole: set[Handle] = set()

    def known(resource: Resource, row: Ours) -> Known:
        wish = asked.get(handle(resource.table, row.key))
        if wish is None or enforce or wish.handle in whole:
            return NOTHING
        return to_change(resource, row, wish.columns)

    while new:
        sides = both(context, _by_table(new), unread, known)
        raw.update(sides.raw)
        for table, pairs in sides.pairs.items():
            resource = context.resources[table]
            for pair in pairs:
                assert pair.ours is not None
                name = handle(table, pair.ours.key)
                wish = asked.get(name)
                difference = merge(resource, pair, rules(wish, modes.of(table, pair.ours.key)))
                if pair.theirs is not None and pair.ours.image is not None and not difference.conflicts:
                    names = {name: pair.theirs.get(name) for name in resource.cloud_id}
                    context.links.learn(resource, {**pair.ours.image, **names})  # others may refer to it now
                # what is not in the cloud yet has nothing to follow with, and waits for its own span
                if wish is None or not (wish.follows and difference.cloud == "create"):
                    found[name] = difference
        remake(found)
        # what follows a replaced row may be replaced itself, and then has followers of its own
        _repoint(context, found)
        new = [wish for wish in _needed(context, found) if _is_news(wish, asked.get(wish.handle))]
        asked.update({wish.handle: wish for wish in new})
        # whoever replaces a row takes over all of it, so that all of it is read
        replaced = {name for name, each in found.items() if each.cloud == "replace" and name in asked} - whole
        new += [asked[name] for name in replaced if asked[name].columns is not None and not enforce]
        whole |= replaced
    ordered = _in_order(context, found.values())
    made = plan(ordered)
    made = attrs.evolve(made, cloud=tuple(together(made.cloud)))
    return Proposal(plan=made, differences=tuple(ordered), raw=raw)


def _is_news(wish: Wish, asked: Wish | None) -> bool:
    """Whether a wish asks for more than was asked for already."""
    return asked is None or (asked.follows and not wish.follows)


def refuse_faults(proposal: Proposal) -> None:
    """Raises Refused, naming every value that AWS would refuse and every row that is AWS's own."""
    reasons = [reason for step in proposal.plan.cloud for reason in faults(step)]
    if reasons:
        raise Refused("\n".join(reasons), hint="Nothing was called. Correct the rows, or iasql_rollback().")


def faults(step: Step) -> list[str]:
    """Why a step may not be taken: values outside of AWS's own model, or a row that AWS keeps."""
    where = f"{step.resource.table} {step.row_id or step.description}"
    if step.action in {"delete", "replace"} and step.resource.stays is not None and not step.along:
        reason = step.resource.stays(step.before or {})
        if reason:
            return [f"{where}: cannot {step.action}: {reason}"]
    if step.protected:
        return [f"{where}: cannot {step.action}: iasql_mode says PROTECT"]
    if step.after is None:
        return []
    # a row that another one's call makes is not asked what a call of its own would need
    taken = step.along or step.brought_by is not None
    columns = step.columns if step.action == "update" else step.resource.settable if taken else None
    return [f"{where}: {fault}" for fault in step.resource.faults(step.after, columns)]


def _by_table(wishes: Iterable[Wish]) -> dict[str, list[Key]]:
    keys: dict[str, list[Key]] = defaultdict(list)
    for wish in wishes:
        keys[wish.table].append(wish.key)
    return keys


def _needed(context: Context, found: dict[Handle, Difference]) -> list[Wish]:
    """Rows that pushed ones refer to and the cloud does not have yet, and rows that refer to replaced ones."""
    more: list[Wish] = []
    targets: dict[Handle, tuple[str, Key]] = {}
    for difference in list(found.values()):
        if difference.cloud in {"create", "update", "replace"}:
            parents = {handle(table, key): (table, key) for table, key in _parents(context, difference)}
            targets |= {name: target for name, target in parents.items() if name not in found}
        if difference.cloud == "replace":
            more += _dependents(context, difference)
    more += [Wish(table=table, key=key, columns=frozenset()) for table, key in owners(context, found)]
    more += _missing(context, targets.values())
    more += [Wish(table=table, key=key, columns=frozenset()) for table, key in remade(found)]
    return more + [Wish(table=table, key=key) for table, key in parts(context, found)]


def _missing(context: Context, rows: Iterable[tuple[str, Key]]) -> Iterator[Wish]:
    """Those of these rows that users wrote and the cloud does not have."""
    keys: dict[str, list[Key]] = defaultdict(list)
    for table, key in rows:
        keys[table].append(key)
    for table, wanted in keys.items():
        for each in agreement.standing(context.connection, table, wanted):
            if each.agreed is None and each.written:
                yield Wish(table=table, key=each.key)


def _parents(context: Context, difference: Difference) -> Iterator[tuple[str, Key]]:
    """The rows that a row refers to, by table and key, where the cloud has such."""
    assert difference.ours is not None
    image = difference.ours.image or {}
    for reference in difference.resource.references:
        target = context.resources.get(reference.table)
        value = image.get(reference.column)
        if target is None or value is None or target.list is None:
            continue
        yield reference.table, {reference.target_column: value}
    for table, key in listed_rows(context, difference.resource, image):
        if context.resources[table].list is not None:
            yield table, key


def listed_rows(context: Context, resource: Resource, image: Image) -> Iterator[tuple[str, Key]]:
    """The rows that members of an image's arrays name and that may not be in the cloud yet: those without an id."""
    yield from context.links.members.without_id(resource, image)
    for listed in resource.lists:
        target = context.resources.get(listed.table)
        members = image.get(listed.column) or []
        if target is None or target.stand_in(listed.target_column) is not None or not members:
            continue
        place = {"region": image["region"]} if with_region(resource, listed, context.resources) else {}
        asked = [{listed.target_column: member} | place for member in members]
        for row in rows.read(context.connection, listed.table, asked):
            yield listed.table, key_of(target, row)


def _dependents(context: Context, difference: Difference) -> list[Wish]:
    """Rows in the tables that refer to a row which gets another cloud id."""
    wishes: list[Wish] = []
    for link in _referring(context, difference):
        for image in link.rows(context):
            key = key_of(link.resource, image)
            wishes.append(Wish(table=link.resource.table, key=key, columns=frozenset({link.column}), follows=True))
    return wishes


def _repoint(context: Context, found: dict[Handle, Difference]) -> None:
    """Makes what refers to a replaced row follow it: by an update where AWS can, else by a replacement too."""
    holders: dict[tuple[str, str], dict[Any, list[Handle]]] = {}
    again = True
    while again:
        again = renew(found)
        for difference in list(found.values()):
            if difference.cloud != "replace" or difference.ours is None:
                continue
            for link in _referring(context, difference):
                for name in _holding(found, link, holders):
                    other = found[name]
                    if other.cloud not in {None, "update"} or other.theirs is None or link.column in other.push:
                        continue
                    if _is_kept(other):
                        continue
                    replaces = link.resource.column(link.column).role in {"replace", "key"} or other.cloud == "replace"
                    found[name] = attrs.evolve(
                        other, cloud="replace" if replaces else "update", push=other.push | {link.column}
                    )
                    again = True


def _holding(
    found: Mapping[Handle, Difference], link: Referring, known: dict[tuple[str, str], dict[Any, list[Handle]]]
) -> list[Handle]:
    """The rows that refer so; what each column holds is looked up once for all that is asked."""
    place = (link.resource.table, link.column)
    if place not in known:
        known[place] = defaultdict(list)
        for name, each in found.items():
            if each.resource is link.resource and each.ours is not None:
                for value in link.held(each.ours.image or {}):
                    known[place][value].append(name)
    return list(dict.fromkeys(name for value in link.values for name in known[place].get(value, ())))


def _is_kept(difference: Difference) -> bool:
    """Whether a row is AWS's own, which comes again with the successor of what it belongs to."""
    stays = difference.resource.stays
    return stays is not None and stays(difference.theirs or {}) is not None


@attrs.frozen(kw_only=True)
class Referring:
    """A column by which rows refer to one row, and what they hold then: in an array, any of these members."""

    resource: Resource
    column: str
    values: frozenset[Any]
    listed: bool = False

    def held(self, image: Image) -> Iterable[Any]:
        """What a row holds there."""
        value = image.get(self.column)
        return (value or ()) if self.listed else (value,)

    def rows(self, context: Context) -> list[Image]:
        """The rows of ours that refer so."""
        if self.listed:
            return rows.having(context.connection, self.resource.table, self.column, sorted(self.values))
        return rows.read(context.connection, self.resource.table, [{self.column: value} for value in self.values])


def _referring(context: Context, difference: Difference) -> list[Referring]:
    """How others refer to this row."""
    target, image = difference.resource, (difference.ours.image if difference.ours else None) or {}
    found = []
    for resource in context.resources.values():
        for reference in resource.references:
            value = image.get(reference.target_column)
            if reference.table == target.table and value is not None:
                found.append(Referring(resource=resource, column=reference.column, values=frozenset({value})))
        for listed in resource.lists:
            if listed.table == target.table:
                told = (image.get(listed.target_column), image.get(target.stand_in(listed.target_column) or ""))
                values = frozenset(str(value) for value in told if value is not None)
                found.append(Referring(resource=resource, column=listed.column, values=values, listed=True))
    return found


def _in_order(context: Context, differences: Iterable[Difference]) -> list[Difference]:
    place = {resource.table: n for n, resource in enumerate(sorted_by_reference(context.resources))}
    return sorted(differences, key=lambda each: place[each.resource.table])
