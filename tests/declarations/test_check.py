"""Declarations fit AWS's model, and what does not fit is refused."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from iasql.modules import discover
from iasql.resource import (
    Aspect,
    Call,
    Members,
    Module,
    Resource,
    Tags,
    cloud_id,
    column,
    key,
    ref,
    row,
)
from iasql.resource.check import check, check_all
from tests.snapshots import assert_kept

RESOURCES = {r.table: r for module in discover().values() for r in module.resources}


@row
class Person:
    """Somebody."""

    user_name: str = key()
    arn: str | None = column()
    path: str | None = column()
    attached: frozenset[str] | None = column()


GOOD = Resource(
    Person,
    service="iam",
    shape="User",
    list=Call("ListUsers", "Users"),
    create=Call("CreateUser", "User"),
    update=Call("UpdateUser", NewPath="$path"),
    delete=Call("DeleteUser"),
    wait="UserExists",
    aspects=(
        Members("attached", Call("ListAttachedUserPolicies", "AttachedPolicies[].PolicyArn"),
                add=Call("AttachUserPolicy", PolicyArn="$item"), remove=Call("DetachUserPolicy", PolicyArn="$item")),
    ),
)  # fmt: skip


def problems(resource: Resource, **wrong: Any) -> list[str]:
    return [str(problem) for problem in check(attrs.evolve(resource, **wrong), {"person": resource})]


def with_columns(**columns: Any) -> type:
    """A row class with more columns than Person."""
    annotations = dict(Person.__annotations__) | {name: said[0] for name, said in columns.items()}
    fields = {a.name: column(key=a.metadata["key"]) for a in attrs.fields(Person)}
    fields |= {name: said[1] for name, said in columns.items()}
    made = type("Person", (), {"__annotations__": annotations, "__module__": __name__, **fields})
    return row(made)


def test_every_declaration_fits() -> None:
    assert [str(problem) for problem in check_all(discover().values())] == []


def test_a_good_declaration_has_no_problem() -> None:
    assert problems(GOOD) == []


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"delete": Call("RemoveUser")}, "person: iam has no operation RemoveUser"),
        ({"create": Call("CreateUser", Nme="$user_name")}, "person: CreateUser has no input Nme"),
        ({"create": Call("CreateUser", UserName="$name")}, "person.name: CreateUser names no column $name"),
        ({"create": Call("CreateUser", "Usr")}, "person: CreateUser: CreateUserResponse has no member Usr"),
        ({"list": Call("ListUsers", "Users[")}, "person: ListUsers: Invalid jmespath expression"),
        ({"wait": "UserReady"}, "person: iam has no waiter UserReady"),
        ({"natural": ("name",)}, "person.name: natural names no column"),
        ({"cloud_id": ("name",)}, "person.name: cloud_id names no column"),
        ({"unique": (("name",),)}, "person.name: unique ('name',) names no column"),
        ({"delete": Call("DeleteRole")}, "person: DeleteRole asks for RoleName, which no column feeds"),
        ({"aspects": (*GOOD.aspects, Aspect("arn", put=Call("TagUser", Tags="$arn"), while_="stopped"))},
         "person.arn: there is no precondition stopped"),
        ({"per": "bucket"}, "person: is listed per bucket and has no reference to it"),
    ],
)  # fmt: skip
def test_a_call_that_does_not_fit_is_refused(wrong: dict[str, Any], said: str) -> None:
    assert any(problem.startswith(said) for problem in problems(GOOD, **wrong)), problems(GOOD, **wrong)


@pytest.mark.parametrize(
    ("annotation", "field", "said"),
    [
        ("str | None", column(), "person.extra: matches no member"),
        ("str | None", column(member="Extra"), "person.extra: matches no member"),
        ("str | None", column(role="mutable"), "person.extra: matches no member"),
        ("str", column(member="UserId"), "person.extra: is required, and only AWS can fill it"),
        ("int | None", ref("nothing"), "person.extra: refers to an unknown table nothing"),
        ("str | None", ref("person", column="arn"), "person.extra: person.arn is not that table's key"),
    ],
)
def test_a_column_that_does_not_fit_is_refused(annotation: str, field: Any, said: str) -> None:
    found = problems(GOOD, row=with_columns(extra=(annotation, field)))
    assert said in found


def test_a_column_that_is_sent_and_never_told_is_refused() -> None:
    wrong = attrs.evolve(GOOD, row=with_columns(permissions_boundary=("str | None", column())))
    assert "person.permissions_boundary: nothing reads it back" not in problems(wrong)
    other = attrs.evolve(GOOD, create=Call("CreateUser", "User", Path="$secret_path"))
    found = problems(attrs.evolve(other, row=with_columns(secret_path=("str | None", column()))))
    assert "person.secret_path: nothing reads it back" in found


def test_two_resources_cannot_have_one_table() -> None:
    found = check_all([Module(name="a", resources=(GOOD,)), Module(name="b", resources=(GOOD,))])
    assert "person: two resources have this table" in [str(problem) for problem in found]


def test_a_table_that_is_ours_alone_needs_no_service() -> None:
    @row
    class Note:
        """Something of ours."""

        text: str = column(role="local")
        tags: Tags | None = column(role="local")
        other: str | None = cloud_id()

    assert check(Resource(Note), {}) == []


def test_roles_that_follow_from_the_model_are_kept() -> None:
    lines = [f"{r.table}\t{c.name}\t{c.role}\n" for _, r in sorted(RESOURCES.items()) for c in r.columns]
    assert_kept("roles.tsv", "".join(lines))
