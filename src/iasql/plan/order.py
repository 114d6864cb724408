"""The order of a plan's steps: what is referred to comes first, what destroys comes last.

A replacement is two tasks, making the new one and removing the old one. Names that must be freed turn that
order round. The next step is `iasql.engine.carry_out`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import TypeAlias

import attrs

from iasql.plan.plan import Step
from iasql.plan.state import CloudId, Handle, Image, handle, natural_key_of, told_of
from iasql.plan.together import owner_of
from iasql.resource import Resource

Name: TypeAlias = tuple[str, tuple[str, ...], CloudId | None]
"""A table, some of its columns, and the values that one resource at a time has in them."""


@attrs.frozen(kw_only=True)
class Task:
    """One half of a step that goes to the cloud at once: create, update or delete, and the columns it writes."""

    verb: str
    step: Step
    columns: frozenset[str] = frozenset()

    @property
    def destroys(self) -> bool:
        """Whether something is gone for good once this was done."""
        return self.verb == "delete"


def waves(steps: Iterable[Step]) -> list[list[Task]]:
    """Tasks in waves: those of one wave do not need each other, and the destroying ones come last.

    Creating and updating goes from what is referred to, to what refers; destroying the other way round.
    Rows that refer to each other in a circle share a wave. Columns that AWS takes only after rows which refer
    to theirs (a bucket's policy after its public access block) are written after everything is made.
    What bears a name that another one is to bear is removed before anything is made, with all that refers to it.
    """
    chosen = list(steps)
    early = _in_the_way(chosen)
    tables = {step.resource.table for step in chosen}
    making: list[Task] = []
    freeing: list[Task] = []
    finishing: list[Task] = []
    removing: list[Task] = []
    for step in chosen:
        if step.action == "delete":
            (freeing if step.handle in early else removing).append(Task(verb="delete", step=step))
            continue
        verb = "update" if step.action == "update" else "create"
        columns = step.columns if verb == "update" else step.resource.settable
        late = frozenset(name for name, after in step.resource.later().items() if tables & set(after)) & columns
        late = frozenset(name for name in late if verb == "update" or (step.after or {}).get(name) is not None)
        late |= _untold(step)
        if verb == "create" or columns - late:
            making.append(Task(verb=verb, step=step, columns=columns - late))
        if late:
            finishing.append(Task(verb="update", step=step, columns=late))
        if step.action == "replace":
            (freeing if step.handle in early else removing).append(Task(verb="delete", step=step))
    return [
        *reversed(_layers(freeing, lambda task: task.step.before)),
        *_layers(making, lambda task: task.step.after),
        *([finishing] if finishing else []),
        *reversed(_layers(removing, lambda task: task.step.before)),
    ]


def _untold(step: Step) -> frozenset[str]:
    """What another row's call cannot be told of a row that it makes too: the tags of this one alone."""
    tagging = step.resource.tagging if step.brought_by is not None else None
    return frozenset((tagging.column,) if tagging and (step.after or {}).get(tagging.column) else ())


def sorted_by_reference(resources: Mapping[str, Resource]) -> list[Resource]:
    """Resource types with those that others refer to first; circles are cut where a reference may be null."""
    graph: dict[str, set[str]] = {name: set() for name in resources}
    for name, resource in resources.items():
        for reference in (*resource.references, *resource.lists):
            if reference.table != name and reference.table in resources:
                graph[name].add(reference.table)
    while True:
        try:
            return [resources[name] for name in TopologicalSorter(graph).static_order()]
        except CycleError as error:
            circle: list[str] = error.args[1]
            # graphlib lists a circle so that each node is a predecessor of the next
            graph[circle[1]].discard(circle[0])


def referred(resource: Resource, image: Image | None) -> set[Handle]:
    """The rows that an image refers to, each by the name that stands in the image: see `names`."""
    if image is None:
        return set()
    members = [(listed, member) for listed in resource.lists for member in image.get(listed.column) or ()]
    values = [(reference, image.get(reference.column)) for reference in resource.references]
    return {
        handle(reference.table, {reference.target_column: value})
        for reference, value in (*values, *members)
        if value is not None
    }


def names(step: Step) -> set[Handle]:
    """How others may refer to a step's row: by its key, by the ids and names it has or had, and, in arrays that hold
    ids, by its key as text."""
    resource = step.resource
    columns = {*resource.cloud_id, *resource.natural} - {"region"}
    images = [image for image in (step.before, step.after) if image is not None]
    told = {(name, image[name]) for image in images for name in columns if isinstance(image.get(name), str)}
    stand_ins = {(name, resource.stand_in(name)) for name in columns}
    key = step.key or {}
    told |= {(name, str(key[stand_in])) for name, stand_in in stand_ins if stand_in in key}
    return {step.handle} | {handle(resource.table, {name: value}) for name, value in told}


def _in_the_way(steps: list[Step]) -> set[Handle]:
    """The rows whose old resource must go before anything is made: its name is wanted, or such a one holds it."""
    wanted: dict[Name, set[Handle]] = {}
    for step in steps:
        for name in _takes(step):
            wanted.setdefault(name, set()).add(step.handle)
    going = [step for step in steps if step.action in {"delete", "replace"}]
    found = {step.handle for step in going if _keeps_its_name(step)}
    for step in going:
        if any(wanted.get(name, set()) - {step.handle} for name in _alone(step.resource, step.before)):
            found.add(step.handle)
    more = found
    while more:
        called = {name for s in going if s.handle in found for name in names(s)}
        owners = {owner_of(s.resource, s.before) for s in going if s.along and s.handle in found}
        more = {
            s.handle
            for s in going
            if s.handle not in found and (s.handle in owners or referred(s.resource, s.before) & called)
        }
        found |= more
    return found


def _alone(resource: Resource, image: Image | None) -> set[Name]:
    """What two resources cannot have at once: the row's name, and what users set of `unique_if_set`."""
    found = {(resource.table, resource.natural, natural_key_of(resource, image))}
    for group in resource.unique_if_set if image is not None else ():
        if resource.settable.issuperset(group):
            found.add((resource.table, group, told_of(resource, image, group)))
    return {name for name in found if name[2] is not None}


def _takes(step: Step) -> set[Name]:
    """What a step gives a resource that it did not have, or that the one before it had."""
    if step.action == "delete":
        return set()
    taken = _alone(step.resource, step.after)
    return {name for name in taken if step.columns & set(name[1])} if step.action == "update" else taken


def _keeps_its_name(step: Step) -> bool:
    """Whether the new resource of a row has what the old one has and what that one alone can have.

    Where both are made and removed with another row's, that one's successor has room for it.
    """
    if step.action != "replace" or step.along:
        return False
    was, is_to_be = (natural_key_of(step.resource, image) for image in (step.before, step.after))
    if step.resource.replace_order == "delete_first" and (was is None or is_to_be is None or was == is_to_be):
        return True
    kept = _alone(step.resource, step.before) & _alone(step.resource, step.after)
    return any(columns != step.resource.natural for _, columns, _ in kept)


def _layers(tasks: list[Task], image_of: Callable[[Task], Image | None]) -> list[list[Task]]:
    by_handle: dict[Handle, list[Task]] = {}
    for task in tasks:
        by_handle.setdefault(task.step.handle, []).append(task)
    called = {name: task.step.handle for task in tasks for name in names(task.step)}
    graph = {
        name: {
            called[target]
            for task in group
            for target in referred(task.step.resource, image_of(task))
            if target in called and called[target] != name
        }
        for name, group in by_handle.items()
    }
    for name, group in by_handle.items():
        for task in group:
            bringer = task.step.brought_by if task.verb == "create" else None
            if bringer in graph:  # its row tells which one was made
                graph[bringer] = (graph[bringer] | graph[name]) - {name}
                graph[name] = {bringer}
    for name, group in by_handle.items():
        for task in group:
            owner = owner_of(task.step.resource, image_of(task))
            if owner in graph:  # made in one call: what its parts refer to, it refers to
                graph[owner] |= graph[name] - {owner}
    sorter = TopologicalSorter(graph)
    try:
        sorter.prepare()
    except CycleError:
        return [tasks] if tasks else []
    found: list[list[Task]] = []
    while sorter.is_active():
        ready = sorter.get_ready()
        found.append([task for name in ready for task in by_handle[name]])
        sorter.done(*ready)
    return found
