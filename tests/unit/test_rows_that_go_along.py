"""A row that AWS keeps may be deleted only together with what it belongs to."""

from __future__ import annotations

from iasql.engine.proposal import faults
from iasql.modules import discover
from iasql.plan.merge import Difference
from iasql.plan.plan import Step, plan
from iasql.plan.state import Image, Ours

RESOURCES = {resource.table: resource for module in discover().values() for resource in module.resources}
VPC = {"id": 1, "vpc_id": "vpc-1", "is_default": False}
TABLE = {"id": 2, "route_table_id": "rtb-1", "vpc_id": 1, "is_main": True}
LOCAL = {"id": 3, "route_table_id": 2, "destination": "10.0.0.0/16", "gateway_id": "local"}


def deletion(table: str, image: Image) -> Difference:
    ours = Ours(key={"id": image["id"]}, image=None, agreed=image)
    return Difference(resource=RESOURCES[table], ours=ours, theirs=image, cloud="delete")


def refused(*deleted: tuple[str, Image]) -> list[str]:
    steps = plan(deletion(*one) for one in deleted).cloud
    return [step.resource.table for step in steps if faults(step)]


def test_the_main_route_table_goes_with_its_vpc() -> None:
    assert refused(("vpc", VPC), ("route_table", TABLE), ("route", LOCAL)) == []


def test_it_does_not_go_alone() -> None:
    assert refused(("route_table", TABLE)) == ["route_table"]


def test_another_vpc_takes_nothing_along() -> None:
    other = VPC | {"id": 9, "vpc_id": "vpc-9"}
    assert refused(("vpc", other), ("route_table", TABLE)) == ["route_table"]


def test_the_default_vpc_stays_with_all_of_it() -> None:
    default = VPC | {"is_default": True}
    assert refused(("vpc", default), ("route_table", TABLE)) == ["vpc"]


def test_steps_say_it() -> None:
    steps: list[Step] = list(plan([deletion("vpc", VPC), deletion("route_table", TABLE)]).cloud)
    assert [step.along for step in steps] == [False, True]
