"""Rows that one call makes together: whatever else a plan holds, each row is made once, and after what it needs."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from iasql.plan.order import Task, waves
from iasql.plan.plan import Step
from iasql.plan.state import Handle, Image
from iasql.plan.together import MAKES, together
from iasql.resource import Resource, Tagging, cloud_id, column, ref, row


@row
class Zone:
    """What machines and disks are in."""

    zone_id: str | None = cloud_id()


@row
class Machine:
    """What is made with its disks."""

    machine_id: str | None = cloud_id()
    zone: int = ref("zone", role="replace")


@row
class Disk:
    """What may be made by itself, or with a machine."""

    disk_id: str | None = cloud_id()
    size: int = column(role="mutable")
    note: str | None = column(role="mutable")
    zone: int = ref("zone", role="replace")


@row
class Device:
    """Which disk is in which machine."""

    machine: int = ref("machine", role="replace")
    disk: int | None = ref("disk", role="replace")


ZONE, MACHINE = Resource(Zone), Resource(Machine)
DISK = Resource(Disk, aspects=(Tagging("note"),))
DEVICE = Resource(Device, cloud_id=("machine", "disk"), made_with="machine", brings="disk")
TYPES = {"zone": ZONE, "machine": MACHINE, "disk": DISK, "device": DEVICE}


def step(table: str, number: int, action: str, **values: Any) -> Step:
    image: Image = {"id": number, **values}
    before = None if action == "create" else {**image, f"{table}_id": f"{table}-{number}"}
    after = None if action == "delete" else image
    key = {"id": number}
    return Step(action=action, side="cloud", resource=TYPES[table], key=key, before=before, after=after)


@st.composite
def plans(draw: st.DrawFn) -> list[Step]:
    """Some zones, machines, disks and devices, each new, replaced, deleted, or there already and so in no step."""
    actions = st.sampled_from(["create", "create", "replace", "delete", None])
    zones, machines, disks = ([(n, draw(actions)) for n in range(draw(st.integers(1, 3)))] for _ in range(3))
    places = st.sampled_from([number for number, _ in zones])
    notes = st.sampled_from([None, "n"])
    steps = [step("zone", n, action) for n, action in zones if action]
    steps += [step("machine", n, action, zone=draw(places)) for n, action in machines if action]
    steps += [step("disk", n, action, size=n + 1, note=draw(notes), zone=draw(places)) for n, action in disks if action]
    free = [None, *(n for n, _ in disks)]
    for n in range(draw(st.integers(0, 4))):
        disk = draw(st.sampled_from(free))
        if disk is not None:
            free.remove(disk)
        action = draw(st.sampled_from(["create", "replace", "delete"]))
        steps.append(step("device", n, action, machine=draw(st.sampled_from([m for m, _ in machines])), disk=disk))
    return draw(st.permutations(list(together(steps))))


def table_of(steps: list[Step], handle: Handle) -> Step | None:
    return next((each for each in steps if each.handle == handle and each.action in MAKES), None)


def name(table: str, number: int | None) -> Handle:
    return table, f'{{"id":{number}}}'


def calls(steps: list[Step]) -> list[tuple[int, Task]]:
    """The tasks that call the cloud, each with the number of its wave."""
    tasks = [(n, task) for n, wave in enumerate(waves(steps)) for task in wave]
    return [
        (n, task) for n, task in tasks if not task.step.along and not (task.verb == "create" and task.step.brought_by)
    ]


@given(steps=plans())
def test_every_row_is_made_once(steps: list[Step]) -> None:
    told = {(table, image["id"]) for each in steps for table, rows in each.made_with.items() for image in rows}
    told |= {("disk", image["$disk"]["id"]) for each in steps for rows in each.made_with.values() for image in rows
             if image.get("$disk")}  # fmt: skip
    own = {(t.step.resource.table, (t.step.key or {})["id"]) for _, t in calls(steps) if t.verb == "create"}
    assert not told & own
    assert told | own == {(each.resource.table, (each.key or {})["id"]) for each in steps if each.action in MAKES}


@given(steps=plans())
def test_what_a_call_needs_is_there_before_it(steps: list[Step]) -> None:
    at = {t.step.handle: n for n, wave in enumerate(waves(steps)) for t in wave if t.verb == "create"}
    for each in (each for each in steps if each.action in MAKES):
        needed = [(each, each.after or {})]
        needed += [(each, image) for rows in each.made_with.values() for image in rows]
        for _, image in needed:
            if "zone" in image and name("zone", image["zone"]) in at:
                assert at[name("zone", image["zone"])] < at[each.handle]
            if image.get("$disk") and name("zone", image["$disk"]["zone"]) in at:
                assert at[name("zone", image["$disk"]["zone"])] < at[each.handle]
        if each.resource is DEVICE and name("machine", (each.after or {})["machine"]) in at:
            assert at[name("machine", (each.after or {})["machine"])] < at[each.handle]
        if each.brought_by is not None:  # the device tells which disk was made
            assert at[each.brought_by] < at[each.handle]


@given(steps=plans())
def test_a_new_machine_takes_its_new_disks_along(steps: list[Step]) -> None:
    for each in steps:
        if each.resource is not DEVICE or each.action not in MAKES:
            continue
        image = each.after or {}
        machine, disk = table_of(steps, name("machine", image["machine"])), table_of(steps, name("disk", image["disk"]))
        told = [] if machine is None else [row["id"] for row in machine.made_with.get("device", ())]
        new = machine is not None and (image["disk"] is None or disk is not None)
        # a device that comes from a machine which stays is taken off there first
        stays = machine is not None and each.action == "replace" and machine.action != "replace"
        assert ((each.key or {})["id"] in told) == each.along == (new and not stays)
        assert disk is None or (disk.brought_by == each.handle) == ((each.key or {})["id"] in told)


@given(steps=plans())
def test_what_a_call_is_not_told_is_written_afterwards(steps: list[Step]) -> None:
    late = {t.step.handle: t.columns for wave in waves(steps) for t in wave if t.verb == "update"}
    for each in steps:
        noted = each.resource is DISK and each.brought_by is not None and (each.after or {})["note"] is not None
        assert late.get(each.handle, frozenset()) == (frozenset({"note"}) if noted else frozenset())


@given(steps=plans())
def test_what_goes_with_a_machine_is_not_deleted_by_itself(steps: list[Step]) -> None:
    gone = {each.handle for each in steps if each.action in {"delete", "replace"}}
    for each in steps:
        if each.action == "delete" and each.resource is DEVICE:
            assert each.along == (name("machine", (each.before or {})["machine"]) in gone)
        elif each.action == "delete":
            assert not each.along
