"""Regions: AWS's rows, of which a user decides which one is the default and which are looked at."""

from __future__ import annotations

import psycopg
import pytest

from tests.acceptance.conftest import Sql


@pytest.fixture
def installed(sql: Sql) -> Sql:
    """A database that knows its regions."""
    sql("select * from iasql_install('aws_account')")
    return sql


def regions(sql: Sql) -> set[str]:
    return {row["region"] for row in sql("select region from aws_regions")}


def test_regions_are_there_at_once(installed: Sql) -> None:
    assert {"us-east-1", "eu-west-1"} <= regions(installed)
    assert installed.one("select default_aws_region('eu-west-1')") == {"default_aws_region": "eu-west-1"}
    assert installed.one("select default_aws_region()") == {"default_aws_region": "eu-west-1"}
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="mars-1"):
        installed("select default_aws_region('mars-1')")


def test_regions_of_a_users_own_are_put_back(installed: Sql) -> None:
    before = regions(installed)
    installed("insert into aws_regions (region) values ('mars-1')")
    installed("delete from aws_regions where region = 'eu-west-2'")
    installed("update aws_regions set is_enabled = false where region = 'eu-west-3'")
    installed("select * from iasql_sync()")
    assert regions(installed) == before
    assert installed.one("select is_enabled from aws_regions where region = 'eu-west-3'") == {"is_enabled": False}


def test_credentials_are_ours_alone(installed: Sql) -> None:
    installed("insert into aws_credentials (access_key_id, secret_access_key) values ('testing', 'open-sesame')")
    installed("select * from iasql_sync()")
    assert installed.one("select access_key_id, secret_access_key from aws_credentials") == {
        "access_key_id": "testing",
        "secret_access_key": "********",
    }
    assert "sesame" not in str(installed("select change::text from iasql_audit_log"))
