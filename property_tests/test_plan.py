"""Pure properties of identify, merge, plan and order: thousands of examples, no database, no cloud."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random
from typing import Any

import attrs
from hypothesis import given
from hypothesis import strategies as st

from iasql.plan.identity import identify, inherit
from iasql.plan.merge import NOTHING, Difference, Rules, merge, pending, waits
from iasql.plan.order import waves
from iasql.plan.plan import Step, plan
from iasql.plan.state import Handle, Image, Ours, Pair, cloud_id_of, handle
from iasql.resource import Resource, cloud_id, column, computed, ref, row


@row
class Thing:
    """A resource type with one column of each role."""

    thing_id: str | None = cloud_id()
    name: str = column(role="replace")
    size: int | None = column(role="mutable")
    note: str | None = column(role="mutable")
    arn: str | None = computed()
    parent: int | None = ref("thing", role="mutable")


THING = Resource(Thing, unique=(("name",),))

SETTABLE = ("name", "size", "note")
MADE = {"thing_id": "t-9", "arn": "arn:t-9"}
VALUES = {
    "name": st.sampled_from("ab"),
    "size": st.sampled_from([None, 1, 2]),
    "note": st.sampled_from([None, "x", "y"]),
}
settable_images = st.fixed_dictionaries(VALUES)
spans = st.frozensets(st.sampled_from(SETTABLE))


def whole(values: Image, thing: str | None = "t-1") -> Image:
    return {"thing_id": thing, "arn": thing and f"arn:{thing}", "parent": None, **values}


@given(agreed=settable_images, ours=settable_images, theirs=settable_images)
def test_each_column_follows_the_table_of_four(agreed: Image, ours: Image, theirs: Image) -> None:
    row_of_ours = Ours(key={"id": 1}, image={"id": 1, **whole(ours)}, agreed=whole(agreed))
    difference = merge(THING, Pair(ours=row_of_ours, theirs=whole(theirs)))
    conflicting = {d.column for d in difference.conflicts}
    for name in SETTABLE:
        mine, other, was = ours[name], theirs[name], agreed[name]
        if mine == other:
            assert name not in difference.push | difference.pull | conflicting
            assert (name in difference.agree) == (was != mine)
        elif mine == was:
            assert name in difference.pull
        elif other == was:
            assert name not in difference.pull | conflicting
            assert conflicting or name in difference.push
        else:
            assert name in conflicting
    assert not (difference.cloud and difference.conflicts)


def settled(difference: Difference) -> tuple[Pair, Image | None]:
    """Both sides and the agreement after a difference was carried out."""
    ours, theirs = difference.ours, difference.theirs
    assert ours is not None
    if difference.tables == "create":
        assert theirs is not None
        return Pair(ours=attrs.evolve(ours, image=dict(theirs), agreed=dict(theirs)), theirs=theirs), theirs
    image, agreed = dict(ours.image or {}), dict(ours.agreed or {})
    cloud = dict(theirs or {})
    if difference.cloud in {"create", "replace"}:
        (step,) = plan([difference]).cloud
        cloud = {**cloud, **{n: (step.after or {}).get(n) for n in SETTABLE}, **MADE, "parent": None}
        image |= {"thing_id": "t-9", "arn": "arn:t-9"}
        agreed = {n: v for n, v in cloud.items() if n not in step.theirs or difference.cloud == "create"}
    for name in difference.push:
        cloud[name] = agreed[name] = image[name]
    for name in difference.pull - {"thing_id", "arn"} if difference.cloud == "replace" else difference.pull:
        image[name] = agreed[name] = cloud.get(name)
    agreed |= {
        n: v for n, v in difference.agree.items() if n not in {"thing_id", "arn"} or difference.cloud != "replace"
    }
    gone_here = difference.tables == "delete"
    gone_there = difference.cloud == "delete"
    row_of_ours = attrs.evolve(
        ours,
        image=None if gone_here or ours.image is None else image,
        agreed=None if gone_here or gone_there else agreed,
        written=frozenset() if difference.cloud in {"create", "replace"} else ours.written,
    )
    return Pair(ours=row_of_ours, theirs=None if gone_there or not cloud else cloud), agreed


rows_of_ours = st.builds(
    lambda image, agreed, written: Ours(
        key={"id": 1},
        image=None if image is None else {"id": 1, **whole(image, "t-1" if agreed is not None else None)},
        agreed=None if agreed is None else whole(agreed),
        written=frozenset(SETTABLE) if written and agreed is None else frozenset(),
    ),
    st.none() | settable_images,
    st.none() | settable_images,
    st.just(True),
)


@given(ours=rows_of_ours, theirs=st.none() | settable_images.map(whole), force=st.booleans())
def test_a_second_plan_has_nothing_to_do(ours: Ours, theirs: Image | None, force: bool) -> None:
    difference = merge(THING, Pair(ours=ours, theirs=theirs), Rules(force=force))
    if difference.conflicts:
        assert not force
        assert difference.cloud is None
        return
    pair, _ = settled(difference)
    if pair.ours is not None and pair.ours.image is None and pair.theirs is None:
        return
    again = merge(THING, pair, Rules(force=force))
    assert (again.cloud, again.conflicts) == (None, ())
    assert again.tables is None


@given(agreed=settable_images, ours=settable_images, theirs=settable_images)
def test_a_replacement_has_what_an_update_would_have_left(agreed: Image, ours: Image, theirs: Image) -> None:
    row_of_ours = Ours(key={"id": 1}, image={"id": 1, **whole(ours)}, agreed=whole(agreed))
    difference = merge(THING, Pair(ours=row_of_ours, theirs=whole(theirs)))
    if difference.cloud != "replace":
        return
    (step,) = plan([difference]).cloud
    for name in SETTABLE:
        changed_here, changed_there = ours[name] != agreed[name], theirs[name] != agreed[name]
        if ours[name] != theirs[name]:
            assert (step.after or {})[name] == (theirs[name] if changed_there else ours[name])
            assert changed_here != changed_there


@given(ours=rows_of_ours, theirs=st.none() | settable_images.map(whole), span=st.none() | spans)
def test_force_leaves_no_conflict_and_without_it_none_is_pushed_over(
    ours: Ours, theirs: Image | None, span: frozenset[str] | None
) -> None:
    assert merge(THING, Pair(ours=ours, theirs=theirs), Rules(force=True)).conflicts == ()
    difference = merge(THING, Pair(ours=ours, theirs=theirs), Rules(span=span))
    for name in difference.push if theirs is not None and ours.agreed is not None else ():
        assert theirs is not None
        assert THING.column(name).kind.same(theirs.get(name), (ours.agreed or {}).get(name))


@given(ours=rows_of_ours, theirs=st.none() | settable_images.map(whole), force=st.booleans(), span=st.none() | spans)
def test_a_mirror_never_pushes(ours: Ours, theirs: Image | None, force: bool, span: frozenset[str] | None) -> None:
    difference = merge(THING, Pair(ours=ours, theirs=theirs), Rules(force=force, span=span, modes={None: "TRACK"}))
    assert (difference.cloud, difference.push, difference.conflicts) == (None, frozenset(), ())


@given(ours=rows_of_ours, theirs=st.none() | settable_images.map(whole))
def test_a_refresh_never_pushes_and_never_pulls_over_what_is_pending(ours: Ours, theirs: Image | None) -> None:
    difference = merge(THING, Pair(ours=ours, theirs=theirs), NOTHING)
    assert difference.cloud is None
    assert not difference.push
    assert not difference.pull & pending(THING, ours)
    if difference.tables == "delete":
        assert not pending(THING, ours)
    assert difference.conflicts == merge(THING, Pair(ours=ours, theirs=theirs)).conflicts
    if difference.conflicts:
        assert waits(THING, ours)


@given(
    agreed=settable_images,
    ours=settable_images,
    span=st.frozensets(st.sampled_from(SETTABLE)),
)
def test_only_the_columns_of_the_span_are_pushed(agreed: Image, ours: Image, span: frozenset[str]) -> None:
    row_of_ours = Ours(key={"id": 1}, image={"id": 1, **whole(ours)}, agreed=whole(agreed))
    difference = merge(THING, Pair(ours=row_of_ours, theirs=whole(agreed)), Rules(span=span))
    assert difference.push == {n for n in span if ours[n] != agreed[n]}


identities = st.sampled_from([None, "t-1", "t-2", "t-3"])
many_ours = st.lists(st.tuples(st.sampled_from("ab"), identities, identities, st.booleans()), max_size=4).map(
    lambda found: [
        Ours(
            key={"id": n},
            image=None if gone and agreed else {"id": n, **whole({"name": name, "size": None, "note": None}, carried)},
            agreed=None if agreed is None else whole({"name": name, "size": None, "note": None}, agreed),
        )
        for n, (name, carried, agreed, gone) in enumerate(found)
    ]
)
many_theirs = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["t-1", "t-2", "t-3"])), max_size=3).map(
    lambda found: list({thing: whole({"name": name, "size": 1, "note": None}, thing) for name, thing in found}.values())
)


@given(ours=many_ours, theirs=many_theirs)
def test_everybody_is_in_exactly_one_pair(ours: list[Ours], theirs: list[Image]) -> None:
    pairs = identify(THING, ours, theirs)
    assert sorted(id(p.theirs) for p in pairs if p.theirs) == sorted(map(id, theirs))
    heirs = {str(p.ours.key) for p in pairs if p.ours} | {str(p.ours.former) for p in pairs if p.ours and p.ours.former}
    assert {str(each.key) for each in ours} <= heirs
    for pair in pairs:
        agreed = cloud_id_of(THING, pair.ours.agreed) if pair.ours else None
        others = [p for p in pairs if p.theirs is not None and cloud_id_of(THING, p.theirs) == agreed]
        if agreed is not None and pair.theirs is None and others:
            # somebody else with the same agreed id was first
            first = others[0].ours
            assert first is not None
            assert cloud_id_of(THING, first.agreed) == agreed


@given(ours=many_ours, theirs=many_theirs, order=st.randoms(use_true_random=False))
def test_agreement_is_neither_made_nor_lost_by_pairing(ours: list[Ours], theirs: list[Image], order: Random) -> None:
    def agreements(rows: Iterable[Ours]) -> list[str]:
        return sorted(repr(row.agreed) for row in rows if row.agreed is not None)

    assert agreements(inherit(THING, ours)) == agreements(ours)
    pairs = identify(THING, ours, theirs)
    assert agreements(p.ours for p in pairs if p.ours) == agreements(ours)
    for pair in pairs:
        if pair.ours is not None and pair.theirs is not None and pair.ours.agreed is not None:
            assert cloud_id_of(THING, pair.ours.agreed) == cloud_id_of(THING, pair.theirs)
    shuffled = list(theirs)
    order.shuffle(shuffled)

    def told(found: list[Pair]) -> list[str]:
        return sorted(repr((p.ours and p.ours.key, p.theirs and p.theirs["thing_id"])) for p in found)

    if len({cloud_id_of(THING, i) for i in theirs}) == len({i["name"] for i in theirs}):
        assert told(identify(THING, ours, shuffled)) == told(pairs)


@given(name=st.sampled_from("ab"), same_id=st.booleans())
def test_a_row_inserted_again_inherits_the_agreement(name: str, same_id: bool) -> None:
    before = whole({"name": name, "size": 1, "note": None})
    orphan = Ours(key={"id": 1}, image=None, agreed=before)
    image = {"id": 2, **whole({"name": name, "size": 2, "note": None}, "t-1" if same_id else None)}
    (heir,) = inherit(THING, [orphan, Ours(key={"id": 2}, image=image, written=frozenset(SETTABLE))])
    assert heir.agreed == before
    assert heir.former == {"id": 1}
    (pair,) = identify(THING, [orphan, Ours(key={"id": 2}, image=image)], [before])
    difference = merge(THING, pair)
    assert (difference.cloud, difference.push) == ("update", {"size"})


@given(deleted=st.permutations(range(1, 12)))
def test_of_deleted_rows_with_one_name_the_last_is_inherited_from(deleted: list[int]) -> None:
    values = {"name": "a", "size": 1, "note": None}
    orphans = [Ours(key={"id": n}, image=None, agreed=whole(values, f"t-{n}")) for n in deleted]
    heir = Ours(key={"id": 12}, image={"id": 12, **whole(values, None)}, written=frozenset(SETTABLE))
    found = next(row for row in inherit(THING, [*orphans, heir]) if row.key == {"id": 12})
    assert found.former == {"id": 11}


@given(agreed=settable_images, ours=settable_images, theirs=settable_images)
def test_an_heir_is_compared_the_same_after_a_refresh(agreed: Image, ours: Image, theirs: Image) -> None:
    heir = Ours(
        key={"id": 2},
        image={"id": 2, **whole(ours, None)},
        agreed=whole(agreed),
        written=frozenset(SETTABLE),
        former={"id": 1},
    )
    seen = merge(THING, Pair(ours=heir, theirs=whole(theirs)), NOTHING)
    pulled = {name: whole(theirs)[name] for name in seen.pull}
    own = attrs.evolve(
        heir, image={**(heir.image or {}), **pulled}, agreed={**seen.agree, **pulled}, former=None, written=frozenset()
    )
    first, second = (merge(THING, Pair(ours=row, theirs=whole(theirs))) for row in (heir, own))
    assert (first.cloud, first.push, first.conflicts) == (second.cloud, second.push, second.conflicts)
    assert (second.tables, second.pull) == (None, frozenset())


def steps_of(edges: dict[int, int | None], action: str) -> list[Any]:
    rows = [
        Ours(
            key={"id": n},
            image={"id": n, **whole({"name": f"n{n}", "size": None, "note": None}, None), "parent": parent},
            written=frozenset(SETTABLE),
        )
        for n, parent in edges.items()
    ]
    if action == "create":
        return list(plan([merge(THING, Pair(ours=r, theirs=None)) for r in rows]).cloud)
    gone = [
        Pair(ours=attrs.evolve(r, image=None, agreed=dict(r.image or {})), theirs=dict(r.image or {})) for r in rows
    ]
    return list(plan([merge(THING, pair) for pair in gone]).cloud)


@given(
    size=st.integers(1, 8).flatmap(
        lambda n: st.tuples(*[st.none() | st.integers(0, i - 1) if i else st.none() for i in range(n)])
    ),
    action=st.sampled_from(["create", "delete"]),
)
def test_what_is_referred_to_is_made_first_and_removed_last(size: tuple[int | None, ...], action: str) -> None:
    edges = dict(enumerate(size))
    found = waves(steps_of(edges, action))
    place = {task.step.handle: n for n, wave in enumerate(found) for task in wave}
    assert len(place) == len(edges)
    for child, parent in edges.items():
        if parent is not None:
            first, second = handle("thing", {"id": parent}), handle("thing", {"id": child})
            assert (place[first] < place[second]) == (action == "create")


@row
class Named(Thing):
    """The same, with a name that must be free before it is taken again."""


NAMED = Resource(Named, table="named", unique=(("name",),), replace_order="delete_first")
ACTIONS = ("create", "update", "replace", "delete")


def step_of(number: int, action: str, parent: int | None, resource: Resource, name: str) -> Step:
    """A step of a resource that refers to another one; it was called by its number, and is to be called `name`."""
    was = {"id": number, **whole({"name": f"n{number}", "size": 1, "note": None}, f"t-{number}"), "parent": parent}
    return Step(
        action=action,
        side="cloud",
        resource=resource,
        key={"id": number},
        before=None if action == "create" else was,
        after=None if action == "delete" else {**was, "name": f"n{number}" if action == "update" else name},
        columns=frozenset({"size"} if action == "update" else {"name"}),
    )


@st.composite
def mixed_steps(draw: st.DrawFn) -> list[Step]:
    """Steps of every action that refer to things before them and swap names; what stays never refers to what goes."""
    count = draw(st.integers(1, 8))
    names = draw(st.permutations(range(count)))
    steps: list[Step] = []
    for number in range(count):
        resource, action = draw(st.sampled_from([THING, NAMED])), draw(st.sampled_from(ACTIONS))
        standing = [s for s in steps if s.resource is THING and (s.action != "delete" or action == "delete")]
        if action == "delete":
            standing = [s for s in standing if s.action != "create"]
        parent = draw(st.none() | st.sampled_from(standing)) if standing else None
        steps.append(step_of(number, action, parent and int(parent.row_id), resource, f"n{names[number]}"))
    return draw(st.permutations(steps))


def places(steps: list[Step]) -> dict[tuple[str, Handle], int]:
    """The wave of each task."""
    found = waves(steps)
    place = {(task.verb, task.step.handle): n for n, wave in enumerate(found) for task in wave}
    assert len(place) == sum(len(wave) for wave in found)
    return place


@given(steps=mixed_steps())
def test_every_step_is_taken_once_in_an_order_that_works(steps: list[Step]) -> None:
    place = places(steps)
    assert len(place) == sum(1 + (step.action == "replace") for step in steps)
    for step in steps:
        target = handle("thing", {"id": (step.before or step.after or {})["parent"]})
        made = [place.get((verb, target)) for verb in ("create", "update")]
        mine = [place.get((verb, step.handle)) for verb in ("create", "update")]
        assert all(first < second for first in made for second in mine if first is not None and second is not None)
        gone, holder = place.get(("delete", step.handle)), place.get(("delete", target))
        assert gone is None or holder is None or gone < holder


@given(steps=mixed_steps())
def test_what_destroys_comes_last_unless_a_name_must_be_freed(steps: list[Step]) -> None:
    place = places(steps)
    makes = {(s.resource.table, (s.after or {})["name"]): s for s in steps if s.action in {"create", "replace"}}
    early = set()
    for step in steps:
        if step.action not in {"delete", "replace"}:
            continue
        heir = makes.get((step.resource.table, (step.before or {})["name"]))
        if heir is not None and (heir is not step or step.resource is NAMED):
            assert place["delete", step.handle] < place["create", heir.handle]
            early.add(step.handle)
    going = [step for step in steps if step.action in {"delete", "replace"}]
    for _ in going:
        early |= {s.handle for s in going if handle("thing", {"id": (s.before or {})["parent"]}) in early}
    making = [n for (verb, _), n in place.items() if verb != "delete"]
    for step in going:
        first = place["delete", step.handle] < max(making, default=-1)
        assert first == (step.handle in early) or not making


@row
class Seated(Thing):
    """A thing in a seat that one at a time can have."""

    seat: int | None = column(role="mutable")


SEATED = Resource(Seated, table="seated", unique_if_set=(("seat",),), natural=("name",))


@given(data=st.data(), before=st.permutations([1, 2, 3, 4, None]), after=st.permutations([1, 2, 3, 4, None]))
def test_what_one_alone_can_have_is_given_up_before_another_takes_it(
    data: st.DataObject, before: list[int | None], after: list[int | None]
) -> None:
    steps: list[Step] = []
    for number in range(5):
        step = step_of(number, data.draw(st.sampled_from(ACTIONS)), None, SEATED, f"m{number}")
        images = {"before": before[number], "after": after[number]}
        seats = {name: image | {"seat": images[name]} for name in images if (image := getattr(step, name))}
        columns = step.columns | ({"seat"} if before[number] != after[number] else set())
        steps.append(attrs.evolve(step, columns=columns, **seats))
    place = places(steps)
    for gone, heir in ((g, h) for g in steps for h in steps if g.before and h.after):
        seat = (gone.before or {})["seat"]
        takes = heir.action != "update" or "seat" in heir.columns
        if seat is not None and gone.action in {"delete", "replace"} and takes and seat == (heir.after or {})["seat"]:
            made = place.get(("create", heir.handle), place.get(("update", heir.handle)))
            assert made is not None
            assert place["delete", gone.handle] < made


@given(ours=st.lists(settable_images, min_size=1, max_size=5), order=st.randoms(use_true_random=False))
def test_a_digest_does_not_depend_on_the_order_of_reading(ours: list[Image], order: Random) -> None:
    was = whole({"name": "z", "size": 9, "note": "z"})
    differences = [
        merge(THING, Pair(ours=Ours(key={"id": n}, image={"id": n, **whole(o)}, agreed=was), theirs=was))
        for n, o in enumerate(ours)
    ]
    shuffled = list(differences)
    order.shuffle(shuffled)
    assert plan(shuffled).digest == plan(differences).digest
    assert len(differences) < 2 or plan(differences[1:]).digest != plan(differences).digest


@given(ours=settable_images, theirs=settable_images)
def test_another_plan_has_another_digest(ours: Image, theirs: Image) -> None:
    def digest(image: Image) -> str:
        row_of_ours = Ours(key={"id": 1}, image={"id": 1, **whole(image)}, agreed=whole(theirs))
        return plan([merge(THING, Pair(ours=row_of_ours, theirs=whole(theirs)))]).digest

    assert digest(ours) == digest(dict(ours))
    if ours != theirs:
        assert digest(ours) != digest(theirs)
