"""The reference page of a table."""

from __future__ import annotations

import pytest

from iasql.docgen.page import page
from iasql.modules import discover
from iasql.resource import Resource

RESOURCES = {r.table: r for module in discover().values() for r in module.resources}


@pytest.mark.parametrize("resource", RESOURCES.values(), ids=lambda resource: resource.table)
def test_a_page_names_every_column_and_every_role_that_it_uses(resource: Resource) -> None:
    text = page(resource)
    assert text.startswith(f"# {resource.table}\n")
    assert resource.comment in text
    for column in resource.columns:
        assert f"\n| `{column.name}` | " in text
        assert column.surrogate or f"\n- {column.role}: " in text


def test_a_page_names_the_calls() -> None:
    text = page(RESOURCES["security_group"])
    assert "| create | `ec2:CreateSecurityGroup`, `ec2:RevokeSecurityGroupEgress` |" in text
    assert "| update | `ec2:CreateTags`, `ec2:DeleteTags` |" in text
    assert "| delete | `ec2:DeleteSecurityGroup` |" in text


def test_a_page_says_what_cannot_be_done() -> None:
    assert "rows cannot be inserted" in page(RESOURCES["availability_zone"])
    assert "loses its objects for good" in page(RESOURCES["bucket"])
    assert "some rows are AWS's own" in page(RESOURCES["vpc"])


def test_a_page_has_a_sample() -> None:
    assert "insert into vpc (cidr_block)\nvalues ('10.0.0.0/16');" in page(RESOURCES["vpc"])
