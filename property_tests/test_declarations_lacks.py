"""What the stand-in is excused for is still so: one of these fails once a newer one does it, and the entry goes."""

from __future__ import annotations

from typing import Any

import moto
import pytest
from hypothesis import settings

from iasql.cloud import writer
from iasql.cloud.session import Session
from iasql.cloud.verdict import CloudFailure
from iasql.resource import Image
from property_tests.account.brought import BROUGHT
from property_tests.account.lacks import (
    AGAIN,
    ALONE,
    APART,
    FIXED,
    GONE,
    LACKS,
    LOSES,
    MISSING,
    NAMED,
    NEEDED,
    NOTHING,
    ONCE,
    PARENTS,
    STATED,
    UNTOLD,
    WITHOUT,
    has,
)
from property_tests.account.stand_in import empty, session
from property_tests.account.world import RESOURCES, World, a_world
from property_tests.strategies import names_rows, plain

__all__ = ["session"]

CHECKED = "5.2.5"  # what is asked depends on it and on the entries: whoever changes one of those runs these
pytestmark = pytest.mark.skipif(
    moto.__version__ == CHECKED and settings().derandomize, reason=f"in CI only of a moto other than {CHECKED}"
)


def make(world: World, table: str, **said: Any) -> Image:
    """A plain row with some values."""
    world.stated = {**world.stated, table: {**world.stated.get(table, {}), **said}}
    resource = RESOURCES[table]
    return world.create(resource, world.row(resource))


@pytest.mark.parametrize(
    "operation", sorted({*MISSING.values(), *FIXED.values(), *WITHOUT.values(), *UNTOLD.values()}), ids=".".join
)
def test_an_operation_is_missing(operation: tuple[str, str]) -> None:
    assert not has(*operation)
    assert has("ecr", "CreateRepository")


@pytest.mark.parametrize(("table", "column"), sorted(LACKS), ids=str)
def test_a_column_is_not_read_back(session: Session, table: str, column: str) -> None:
    resource, lack = RESOURCES[table], LACKS[table, column]
    kind = resource.column(column).kind
    with a_world(session, plain) as world:
        got = make(world, table, **lack.new)
        seen = [kind.same(lack.new[column], got[column])]
        if lack.change:
            again = world.update(resource, got, got | lack.change, frozenset(lack.change))
            seen.append(kind.same(lack.change[column], again[column]))
        world.clean()
    assert not all(seen)


@pytest.mark.parametrize(("table", "column"), sorted(NAMED), ids=str)
def test_a_column_refers_to_nothing_in_the_database(table: str, column: str) -> None:
    assert not names_rows(RESOURCES[table].column(column))


@pytest.mark.parametrize(("table", "column"), sorted(NEEDED), ids=str)
def test_a_column_is_needed(session: Session, table: str, column: str) -> None:
    resource = RESOURCES[table]
    with a_world(session, plain) as world:
        row = world.row(resource) | {column: None}
        assert resource.faults(row) == []
        with pytest.raises(CloudFailure):
            world.create(resource, row)
        world.clean()


OTHERWISE = {
    "iam_role": ("pipeline_declaration", {"assume_role_policy_document": {"Version": "2012-10-17", "Statement": []}}),
    "bucket": ("bucket_object", {"versioning_status": "Enabled"}),
    "hosted_zone": ("resource_record_set", {"domain_name": "b.example."}),
    "instance": ("registered_instance", {"state": "stopped", "role_name": None}),
}
"""Table -> a table whose rows do not come and go where the row referred to is otherwise."""
OURS = {"target_group": "a trigger keeps this rule of AWS's: tests/acceptance/test_aws_ec2"}


@pytest.mark.parametrize("table", sorted(PARENTS.keys() - OURS.keys()))
def test_what_is_referred_to_must_be_so(session: Session, monkeypatch: pytest.MonkeyPatch, table: str) -> None:
    name, image = OTHERWISE[table]
    child = RESOURCES[name]
    monkeypatch.setitem(PARENTS, table, image)
    with a_world(session, plain) as world:
        parent = world.one(RESOURCES[table])
        with pytest.raises(CloudFailure):
            if name in BROUGHT:
                BROUGHT[name](session, parent)
                world.delete(child, world.all(child)[0])
            else:
                make(world, name)
            world.clean()
    empty()


UNLIKE = {"source_type": "NO_SOURCE", "environment_type": "WINDOWS_SERVER_2019_CONTAINER"}


@pytest.mark.parametrize("column", STATED["codebuild_project"])
def test_no_other_value_is_taken(session: Session, column: str) -> None:
    assert set(STATED) == {"codebuild_project"}
    with a_world(session, plain) as world:
        with pytest.raises(CloudFailure):
            make(world, "codebuild_project", **{column: UNLIKE[column]})
        world.clean()


@pytest.mark.parametrize("table", sorted(LOSES))
def test_a_change_loses_the_row(session: Session, table: str) -> None:
    with a_world(session, plain) as world:
        got = make(world, table, description="d")
        changed = got | {"description": "e"}
        writer.update(session, RESOURCES[table], world.region, got, changed, frozenset({"description"}))
        assert not world.has(RESOURCES[table], got)
    empty()


def test_a_rule_for_a_group_is_not_described(session: Session) -> None:
    resource = RESOURCES["security_group_rule"]
    with a_world(session, plain) as world:
        group = {"source_security_group": world.one(RESOURCES["security_group"])["group_id"], "cidr_ipv4": None}
        got = world.create(resource, world.row(resource) | group | {"description": "d"})
        assert (got["source_security_group"], got["description"]) == (group["source_security_group"], None)
        world.clean()


@pytest.mark.parametrize("table", sorted(AGAIN))
def test_a_name_is_not_free_at_once(session: Session, table: str) -> None:
    with a_world(session, plain) as world:
        row = world.row(RESOURCES[table])
        world.create(RESOURCES[table], row)
        world.delete(*world.made.pop())
        with pytest.raises(CloudFailure):
            world.create(RESOURCES[table], row)
    empty()


@pytest.mark.parametrize("table", sorted(GONE))
def test_what_is_gone_cannot_be_deleted_again(session: Session, table: str) -> None:
    with a_world(session, plain) as world:
        got = make(world, table)
        world.clean()
        with pytest.raises(KeyError):
            world.delete(RESOURCES[table], got)


@pytest.mark.parametrize("table", sorted(ALONE))
def test_two_are_not_there_as_at_aws(session: Session, table: str) -> None:
    resource = RESOURCES[table]
    with a_world(session, plain) as world:
        one = make(world, table)
        writer.create(session, resource, world.region, one | {"port": 8080}, "token")
        assert world.has(resource, one | {"port": 8080})
        assert not world.has(resource, one)
    empty()


@pytest.mark.parametrize(("table", "column"), sorted(APART), ids=str)
def test_a_row_by_itself_leaves_it_null(session: Session, table: str, column: str) -> None:
    reference = RESOURCES[table].column(column).references
    with a_world(session, plain) as world:
        row = world.row(RESOURCES[table])
        other = (
            "snap-0123456789abcdef0" if reference is None else world.name_of(RESOURCES[table], reference, fresh=False)
        )
        assert RESOURCES[table].faults(row | {column: other}) == []
        with pytest.raises(CloudFailure):
            world.create(RESOURCES[table], row | {column: other})
        world.clean()


@pytest.mark.parametrize(("table", "column"), sorted(ONCE), ids=str)
def test_what_is_referred_to_serves_once(session: Session, table: str, column: str) -> None:
    reference = RESOURCES[table].column(column).references
    assert reference is not None
    target = RESOURCES[reference.table]
    with a_world(session, plain) as world:
        public = {"connectivity_type": "public"} if table == "nat_gateway" else {}
        given = {column: world.bring(target)[target.cloud_id[0]], **public}
        make(world, table, **given)
        world.delete(*world.made.pop())
        with pytest.raises(CloudFailure):
            make(world, table, **given)
    empty()


@pytest.mark.parametrize("table", sorted(NOTHING))
def test_rows_do_not_come_by_themselves(session: Session, table: str) -> None:
    resource = RESOURCES[table]
    with a_world(session, plain) as world:
        row = world.row(resource)
        writer.create(session, resource, world.scope(resource), row, "token")
        assert not world.has(resource, row)
        world.clean()
