"""The first draft of a declaration."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

from iasql.docgen.scaffold import scaffold
from iasql.errors import InvalidArgument
from iasql.modules import discover
from iasql.resource import Resource
from iasql.resource.check import check

TABLES = {r.table: r for module in discover().values() for r in module.resources}


def declared(text: str, monkeypatch: pytest.MonkeyPatch) -> Resource:
    """The resource that a draft declares."""
    module = ModuleType("drafted")
    monkeypatch.setitem(sys.modules, "drafted", module)
    exec(text, module.__dict__)
    (found,) = (value for value in vars(module).values() if isinstance(value, Resource))
    return found


@pytest.mark.parametrize(
    ("service", "shape"),
    [
        ("ec2", "Subnet"),
        ("ecs", "Cluster"),
        ("iam", "Group"),
        ("rds", "DBInstance"),
        ("lambda", "FunctionConfiguration"),
    ],
)
def test_a_draft_passes_the_check(service: str, shape: str, monkeypatch: pytest.MonkeyPatch) -> None:
    resource = declared(scaffold(service, shape), monkeypatch)
    assert [str(problem) for problem in check(resource, TABLES)] == []
    assert resource.list is not None


def test_a_draft_knows_ids_names_references_and_tags(monkeypatch: pytest.MonkeyPatch) -> None:
    subnet = declared(scaffold("ec2", "Subnet"), monkeypatch)
    assert subnet.cloud_id == ("subnet_id",)
    assert subnet.column("vpc_id").references is not None
    assert subnet.column("state").kind.sql == "subnet_state_enum"
    group = declared(scaffold("iam", "Group"), monkeypatch)
    assert group.primary_key == ("group_name",)
    assert not group.has_region


@pytest.mark.parametrize(
    ("service", "shape", "hint"), [("ec3", "Subnet", "ec2"), ("ec2", "Subnett", "Subnet"), ("iam", "Grup", "Group")]
)
def test_an_unknown_name_is_answered_with_the_nearest(service: str, shape: str, hint: str) -> None:
    with pytest.raises(InvalidArgument) as raised:
        scaffold(service, shape)
    assert raised.value.hint is not None
    assert hint in raised.value.hint
