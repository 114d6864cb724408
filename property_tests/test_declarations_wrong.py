"""What AWS would refuse of a column is refused before anything is called, and the error says what is allowed."""

from __future__ import annotations

import pytest

from iasql.resource import Resource
from property_tests.account.verbs import creates
from property_tests.account.world import RESOURCES
from property_tests.account.wrong import candidates, refused

FREE = {"integer", "double precision", "boolean"}


def takes_values(resource: Resource) -> bool:
    """Whether a user says more of a row than which others it refers to, and what it has switched on."""
    own = (c for c in resource.columns if c.settable and not c.references and not c.lists)
    return creates(resource) and any(column.kind.sql not in FREE for column in own)


@pytest.mark.parametrize("resource", [r for r in RESOURCES.values() if takes_values(r)], ids=lambda r: r.table)
def test_what_aws_would_refuse_is_refused_first(resource: Resource) -> None:
    found = list(refused(resource))
    assert found
    for column, value, fault in found:
        assert value in candidates(column)
        assert fault.column == column.name
        assert fault.allowed
        assert column.name in str(fault)
