"""What a span would do: its pending changes, with everything they need, as a plan.

Read: the rows of the span, what they refer to that is not in the cloud yet, and what refers to a row that is
replaced. Nothing is written. The next step is `iasql.engine.preview` or `iasql.engine.commit`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

import attrs

from iasql.cloud.known import NOTHING, Known
from iasql.db import rows
from iasql.db.ddl import with_region
from iasql.engine.context import Context
from iasql.engine.modes import Modes
from iasql.engine.needed import to_change
from iasql.engine.parts import owners, parts, remake, renew
from iasql.engine.proposal import Proposal, Wish
from iasql.engine.referring import Holders, holding, referring
from iasql.engine.sides import both
from iasql.log import agreement
from iasql.plan.merge import Difference, Mode, Rules, merge
from iasql.plan.order import sorted_by_reference
from iasql.plan.plan import plan
from iasql.plan.state import Handle, Image, Key, Ours, handle, key_of
from iasql.plan.together import remade, together
from iasql.resource import Resource


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
    for link in referring(context, difference):
        for image in link.rows(context):
            key = key_of(link.resource, image)
            wishes.append(Wish(table=link.resource.table, key=key, columns=frozenset({link.column}), follows=True))
    return wishes


def _repoint(context: Context, found: dict[Handle, Difference]) -> None:
    """Makes what refers to a replaced row follow it: by an update where AWS can, else by a replacement too."""
    holders: Holders = {}
    again = True
    while again:
        again = renew(found)
        for difference in list(found.values()):
            if difference.cloud != "replace" or difference.ours is None:
                continue
            for link in referring(context, difference):
                for name in holding(found, link, holders):
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


def _is_kept(difference: Difference) -> bool:
    """Whether a row is AWS's own, which comes again with the successor of what it belongs to."""
    stays = difference.resource.stays
    return stays is not None and stays(difference.theirs or {}) is not None


def _in_order(context: Context, differences: Iterable[Difference]) -> list[Difference]:
    place = {resource.table: n for n, resource in enumerate(sorted_by_reference(context.resources))}
    return sorted(differences, key=lambda each: place[each.resource.table])
