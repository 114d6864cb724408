"""Power cuts beside those of test_faults.py: in a tick, after an edit, and an engine whose time is over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from iasql.log import calls
from tests.acceptance.conftest import Sql
from tests.acceptance.crash_world import MODULES, UNDONE, World, a_world
from tests.databases import Database

pytestmark = pytest.mark.modules(*MODULES)


@pytest.fixture
def world(database: Database, aws_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A world on the tests' own server."""
    with a_world(database, aws_endpoint, monkeypatch) as found:
        yield found


def test_what_was_edited_after_the_commit_began_is_not_sent_by_the_recovery(world: World) -> None:
    world.prepare()
    n = world.round
    world.sql("select * from iasql_begin()")
    world.sql("insert into queue (name, visibility_timeout) values (%s, 30)", f"edited-{n}")
    world.sql("update queue set visibility_timeout = 60 where name = %s", f"changed-{n}")
    colleague = Sql(world.database.connect())

    def edit_and_kill() -> None:
        colleague("update queue set visibility_timeout = 99 where name in (%s, %s)", f"edited-{n}", f"changed-{n}")
        world.engine.kill()

    world.proxy.on_writes("die_before", times=1, die=edit_and_kill)
    assert world.commit() is not None
    world.proxy.rules.clear()
    world.restart()
    assert [world.timeout(name) for name in (f"edited-{n}", f"changed-{n}")] == ["30", "60"]
    rows = world.sql("select visibility_timeout from queue where name in (%s, %s)", f"edited-{n}", f"changed-{n}")
    assert [row["visibility_timeout"] for row in rows] == [99, 99]
    world.sql("select * from iasql_sync()")
    assert [world.timeout(name) for name in (f"edited-{n}", f"changed-{n}")] == ["99", "99"]
    assert world.sql("select * from iasql_sync()") == []


def test_what_was_adopted_is_referred_to_after_the_recovery(world: World) -> None:
    world.prepare()
    n = world.round
    vpc = world.sql.one("select vpc_id from vpc where is_default")["vpc_id"]
    ec2 = world.stack.client("ec2")
    theirs = ec2.create_security_group(GroupName=f"theirs-{n}", Description="t", VpcId=vpc)["GroupId"]
    rule = (
        "insert into security_group_rule (is_egress, ip_protocol, from_port, to_port, cidr_ipv4, security_group_id)"
        " select false, 'tcp', 80, 80, '10.0.0.0/8', id from security_group where group_name = %s"
    )
    group = "insert into security_group (group_name, description, vpc_id) select %s, 't', id from vpc where is_default"
    world.sql(group, f"theirs-{n}")
    world.sql("select * from iasql_begin()")
    world.sql(rule, f"replaced-{n}")
    world.sql("select * from iasql_commit()")
    world.sql("select * from iasql_begin()")
    moved = "update security_group_rule set security_group_id = g.id from security_group g where g.group_name = %s"
    world.sql(f"{moved} and from_port = 80", f"theirs-{n}")
    world.proxy.on("RevokeSecurityGroupIngress", "die_after", times=1, die=world.engine.kill)
    assert world.commit() is not None
    world.proxy.rules.clear()
    world.restart()
    query = "select g.group_name from security_group_rule r join security_group g on g.id = r.security_group_id"
    assert world.sql(f"{query} where from_port = 80") == [{"group_name": f"theirs-{n}"}]
    told = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [theirs]}])["SecurityGroupRules"]
    assert [each["FromPort"] for each in told if not each["IsEgress"]] == [80]


def test_killed_in_a_tick(world: World) -> None:
    for number in (0, 1, 4):
        way: Any = "die_after" if number % 2 else "die_before"
        world.prepare()
        n = world.round
        world.sql("insert into vpc (cidr_block) values (%s)", f"10.{n}.0.0/16")
        world.sql("update security_group set description = 'new' where group_name = %s", f"replaced-{n}")
        world.proxy.on_writes(way, after=number // 2, times=1, die=world.engine.kill)
        with pytest.raises(psycopg.Error):
            world.sql("select * from iasql_sync()")
        world.proxy.rules.clear()
        world.restart()
        for _ in range(2):
            world.sql("select * from iasql_sync()")
        assert world.sql("select * from iasql_sync()") == []
        assert world.cloud() == UNDONE | {"vpc": ["+"], "replaced": ["new"]}
        assert world.sql.one("select count(*) from iasql_transaction where state = 'committing'")["count"] == 0


def test_killed_while_it_installs(world: World) -> None:
    """Its tables are one transaction of PostgreSQL's; what they lack then comes with the next refresh."""
    world.stack.client("logs").create_log_group(logGroupName="theirs")
    world.proxy.on("DescribeLogGroups", "die_before", times=1, die=world.engine.kill)
    with pytest.raises(psycopg.Error):
        world.sql("select * from iasql_install('aws_cloudwatch')")
    world.proxy.rules.clear()
    world.restart()
    world.sql("select * from iasql_install('aws_cloudwatch')")
    world.sql("select * from iasql_sync()")
    assert world.sql("select log_group_name from log_group") == [{"log_group_name": "theirs"}]
    assert world.sql("select * from iasql_sync()") == []


def test_the_log_refuses_whom_another_engine_has_followed(world: World) -> None:
    connection = world.database.connect("iasql_engine")
    tx = world.sql.one("select transaction_id from iasql_begin()")["transaction_id"]
    row = connection.execute("select number from iasql.epoch").fetchone()
    assert row is not None
    intent = calls.Intent(table_name="queue", key={"id": 1}, verb="create", token="t")
    outcome = calls.Outcome(table_name="queue", key={"id": 1}, intent=1, verb="create")
    for write in (
        lambda epoch: calls.intend(connection, tx, [intent], epoch),
        lambda epoch: calls.conclude(connection, tx, [outcome], epoch),
        lambda epoch: calls.freeze(connection, tx, "commit", [{}], epoch),
    ):
        with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match="another engine has taken over"):
            write(row[0] - 1)
