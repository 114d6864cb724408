"""Secrets go to a stand-in of AWS; their values do not come back."""

from __future__ import annotations

import pytest

from iasql.cloud import writer
from tests.declarations.stand_in import HERE, RESOURCES, THERE, Cloud, agrees
from tests.unit.cloud.canned import Canned


@pytest.mark.parametrize("region", [HERE, THERE])
def test_secret(cloud: Cloud, region: str) -> None:
    row = cloud.create("secret", region, name="db/password", value="one", description="d", tags={"a": "1"})
    assert agrees(row, name="db/password", description="d", tags={"a": "1"}, region=region)
    assert "value" not in row or row["value"] is None
    assert told(cloud, region) == "one"
    changed = cloud.update("secret", row, region, value="two", tags={"b": "2"})
    assert told(cloud, region) == "two"
    assert agrees(changed, description="d", tags={"b": "2"})
    assert changed["version_id"] != row["version_id"]
    cloud.delete("secret", changed, region)


def test_null_leaves_the_value(cloud: Cloud) -> None:
    row = cloud.create("secret", name="s", value="one")
    cloud.update("secret", row, value=None)
    assert told(cloud, HERE, "s") == "one"


def test_a_description_is_cleared_and_the_value_left() -> None:
    """The stand-in's UpdateSecret takes no empty description."""
    aws = Canned()
    row = {"name": "s", "description": "d", "region": HERE}
    writer.update(aws, RESOURCES["secret"], HERE, row, row | {"description": None}, frozenset({"description"}))
    (sent,) = aws.sent("UpdateSecret")
    assert agrees(sent, SecretId="s", Description="")
    assert "SecretString" not in sent


def test_one_that_waits_for_its_deletion_is_gone(cloud: Cloud) -> None:
    row = cloud.create("secret", name="s", value="one")
    cloud.client("secretsmanager").delete_secret(SecretId="s", RecoveryWindowInDays=7)
    assert cloud.all("secret") == []
    with pytest.raises(AssertionError, match="is not there"):
        cloud.read("secret", row)


def test_the_value_is_shown_in_no_fault() -> None:
    row = {"name": "s", "value": "x" * 70_000, "region": HERE}
    (fault,) = RESOURCES["secret"].faults(row)
    assert "xxx" not in str(fault)


def told(cloud: Cloud, region: str, name: str = "db/password") -> str:
    return str(cloud.client("secretsmanager", region).get_secret_value(SecretId=name)["SecretString"])
