"""Rows that AWS makes in one call with another row: a service with its security groups, a task definition with its
containers.

The call for the row that they belong to takes them along; by themselves they need no call then. The next step is
`iasql.plan.order`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

import attrs

from iasql.plan.plan import Step
from iasql.plan.state import Handle, Image, handle
from iasql.resource import Resource

MAKES = frozenset({"create", "replace"})
UNMAKES = frozenset({"delete", "replace"})


def owner_of(resource: Resource, image: Image | None) -> Handle | None:
    """The row that another one is made with; None where it is made by itself."""
    for reference in resource.references if resource.made_with is not None and image is not None else ():
        if reference.column == resource.made_with and image is not None and image.get(reference.column) is not None:
            return handle(reference.table, {reference.target_column: image[reference.column]})
    return None


def together(steps: Iterable[Step]) -> Iterator[Step]:
    """The steps; those of rows that go along with another row's say so, and that one's say what it is made with."""
    chosen = list(steps)
    actions = {step.handle: step.action for step in chosen}
    gathered: dict[Handle, dict[str, list[Image]]] = defaultdict(lambda: defaultdict(list))
    for step in chosen:
        owner = owner_of(step.resource, step.after)
        if owner is not None and step.after is not None and actions.get(owner) in MAKES:
            gathered[owner][step.resource.table].append(step.after)
    for step in chosen:
        along = step.along or (step.resource.made_with is not None and _goes_along(step, actions))
        yield attrs.evolve(step, along=along, made_with=dict(gathered.get(step.handle, {})))


def _goes_along(step: Step, actions: dict[Handle, str]) -> bool:
    made, unmade = owner_of(step.resource, step.after), owner_of(step.resource, step.before)
    makes = step.action == "delete" or actions.get(made or ("", "")) in MAKES
    unmakes = step.action not in UNMAKES or actions.get(unmade or ("", "")) in UNMAKES
    return makes and unmakes
