"""A create of several calls, one of them refused: nothing of it stays, and the next tick makes it whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.acceptance.conftest import Sql, Stack, running
from tests.acceptance.fault_proxy import FaultProxy

pytestmark = pytest.mark.modules("aws_security_group")


@pytest.fixture
def stack(database: Any, aws_endpoint: str, proxy: FaultProxy) -> Iterator[Stack]:
    """A database with a running engine behind the proxy."""
    with running(database, aws_endpoint) as found:
        yield found


def test_a_group_that_may_not_be_closed_is_not_left_open(sql: Sql, stack: Stack, proxy: FaultProxy) -> None:
    ec2 = stack.client("ec2")
    before = ec2.describe_security_group_rules()["SecurityGroupRules"]
    sql(
        "insert into security_group (group_name, description, vpc_id)"
        " values ('web', 'web', (select id from vpc where is_default))"
    )
    proxy.on("RevokeSecurityGroupEgress", "refuse")
    assert sql("select * from iasql_sync()") == []
    assert [row["kind"] for row in sql("select kind from iasql_conflict")] == ["failed"]
    assert ec2.describe_security_group_rules()["SecurityGroupRules"] == before

    proxy.clear()
    assert [row["action"] for row in sql("select action from iasql_sync()")] == ["create"]
    assert ec2.describe_security_group_rules()["SecurityGroupRules"] == before
    assert sql("select * from iasql_conflict") == []
    assert sql("select * from iasql_sync()") == []
