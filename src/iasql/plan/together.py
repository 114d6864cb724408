"""Rows that AWS makes in one call with another row: a service with its security groups, a task definition with its
containers.

The call for the row that they belong to takes them along; by themselves they need no call then. Such a row may bring
another one, which the same call makes when it is new too: a new instance's devices bring new disks. The next step is
`iasql.plan.order`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

import attrs

from iasql.plan.merge import Difference
from iasql.plan.plan import Step
from iasql.plan.state import Handle, Image, Key, handle
from iasql.resource import Resource

MAKES = frozenset({"create", "replace"})
UNMAKES = frozenset({"delete", "replace"})


def owner_of(resource: Resource, image: Image | None) -> Handle | None:
    """The row that another one is made with; None where it is made by itself."""
    return None if resource.made_with is None else target(resource, image, resource.made_with)


def target(resource: Resource, image: Image | None, column: str) -> Handle | None:
    """The row that a column of an image refers to; None where it says none."""
    for reference in resource.references if image is not None else ():
        if reference.column == column and image is not None and image.get(column) is not None:
            return handle(reference.table, {reference.target_column: image[column]})
    return None


def together(steps: Iterable[Step]) -> Iterator[Step]:
    """The steps; those of rows that go along with another row's say so, and that one's say what it is made with."""
    chosen = {step.handle: step for step in steps}
    actions = {name: step.action for name, step in chosen.items()}
    along = {name: step for name, step in chosen.items() if _goes_along(step, actions)}
    made = [step for step in along.values() if step.action in MAKES]
    brought = {other: step.handle for step in made if (other := _brings(step)) is not None}
    gathered: dict[Handle, dict[str, list[Image]]] = defaultdict(lambda: defaultdict(list))
    for step in made:
        owner = owner_of(step.resource, step.after)
        assert owner is not None
        gathered[owner][step.resource.table].append(_with_brought(step, chosen))
    for name, step in chosen.items():
        yield attrs.evolve(
            step,
            along=step.along or name in along,
            brought_by=brought.get(name),
            made_with=dict(gathered.get(name, {})),
        )


def remade(found: Mapping[Handle, Difference]) -> Iterator[tuple[str, Key]]:
    """The rows that replaced ones bring, where what these go along with is replaced: the same call makes them anew."""
    for difference in found.values():
        resource, image = difference.resource, (difference.ours.image if difference.ours else None)
        owner = found.get(owner_of(resource, image) or ("", ""))
        if resource.brings is None or owner is None or not difference.cloud == owner.cloud == "replace":
            continue
        for reference in resource.references if image is not None else ():
            if reference.column == resource.brings and image is not None and image.get(reference.column) is not None:
                yield reference.table, {reference.target_column: image[reference.column]}


def _brings(step: Step) -> Handle | None:
    return None if step.resource.brings is None else target(step.resource, step.after, step.resource.brings)


def _with_brought(step: Step, steps: Mapping[Handle, Step]) -> Image:
    """What the call is told of a row, and of the one that it brings."""
    image, other = step.after or {}, _brings(step)
    return image if other is None else {**image, f"${step.resource.brings}": steps[other].after}


def _goes_along(step: Step, actions: Mapping[Handle, str]) -> bool:
    """Whether the calls for the row that a step's row belongs to do all that the step says."""
    made, unmade, other = owner_of(step.resource, step.after), owner_of(step.resource, step.before), _brings(step)
    new = other is None or actions.get(other) in MAKES
    makes = step.action == "delete" or (actions.get(made or ("", "")) in MAKES and new)
    unmakes = step.action not in UNMAKES or actions.get(unmade or ("", "")) in UNMAKES
    return step.resource.made_with is not None and makes and unmakes
