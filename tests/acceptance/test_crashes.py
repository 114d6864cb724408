"""Power cuts: the engine, PostgreSQL or the network dies at any instant, and afterwards nothing is doubled or lost.

The instants are reached from outside: a proxy before AWS that kills the engine before or after a call, and a trigger
on the log that holds the engine at a row until it is killed there.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs
import psycopg
import pytest

from iasql.db.roles import create_database, create_roles
from iasql.log import calls
from iasql.server.embedded import Embedded
from tests.acceptance.conftest import Sql, Stack, look_at_one_region
from tests.acceptance.engine_process import EngineProcess
from tests.acceptance.fault_proxy import FaultProxy
from tests.acceptance.tcp_proxy import TcpProxy
from tests.databases import LOGINS, Database, Server

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    }
)
MODULES = ("aws_s3", "aws_security_group", "aws_iam", "aws_sqs")
LANDED = 0.6
pytestmark = [pytest.mark.timeout(3600), pytest.mark.modules(*MODULES)]
STRIDE = 1 if os.environ.get("IASQL_TEST_EVERY_INSTANT") else 7
HOLD = 815
"""The advisory lock that the engine waits for at a row of the log."""
TRIGGER = f"""
create table if not exists public.brake (passes int);
grant select, update on public.brake to public;
create or replace function public.brake() returns trigger language plpgsql security definer as $$
begin
  if exists (select from public.brake) then
    update public.brake set passes = passes - 1;
    if exists (select from public.brake where passes < 0) then
      perform pg_notify('brake', '');
      perform pg_advisory_xact_lock_shared({HOLD});
    end if;
  end if;
  return new;
end $$;
create or replace trigger a_brake before insert on public.iasql_audit_log for each row
  when (new.origin = 'engine') execute function public.brake();
alter table public.iasql_audit_log enable always trigger a_brake;
"""


@attrs.define(kw_only=True)
class World:
    """A database, a stand-in behind a proxy, and an engine that may be killed."""

    database: Database
    stack: Stack
    proxy: FaultProxy
    sql: Sql
    engine: EngineProcess
    round: int = 0

    def restart(self) -> None:
        """Another engine takes over."""
        self.engine.end()
        self.engine = EngineProcess.start(self.database.address, self.database.name, LANDED)

    def prepare(self) -> None:
        """What this round's commit will change and delete."""
        self.round += 1
        self.sql("select * from iasql_begin()")
        self.sql("insert into queue (name, visibility_timeout) values (%s, 30)", f"changed-{self.round}")
        self.sql("insert into queue (name) values (%s)", f"deleted-{self.round}")
        self.sql("insert into security_group (group_name, description) values (%s, 'old')", f"replaced-{self.round}")
        self.sql("select * from iasql_commit()")
        self.proxy.clear()

    def change(self) -> str:
        """Opens a transaction with something of everything; its id."""
        n = self.round
        tx = self.sql.one("select transaction_id from iasql_begin()")["transaction_id"]
        self.sql("insert into vpc (cidr_block) values (%s)", f"10.{n}.0.0/16")
        self.sql(
            "insert into subnet (cidr_block, vpc_id, availability_zone)"
            " select %s, id, 'us-east-1a' from vpc where cidr_block = %s",
            f"10.{n}.1.0/24",
            f"10.{n}.0.0/16",
        )
        self.sql(
            "insert into security_group (group_name, description, vpc_id) select %s, 'w', id from vpc"
            " where cidr_block = %s",
            f"web-{n}",
            f"10.{n}.0.0/16",
        )
        self.sql(
            "insert into security_group_rule"
            " (is_egress, ip_protocol, from_port, to_port, cidr_ipv4, security_group_id)"
            " select false, 'tcp', 80, 80, '10.0.0.0/8', id from security_group where group_name = %s",
            f"web-{n}",
        )
        self.sql("insert into queue (name) values (%s)", f"new-{n}")
        self.sql("insert into iam_role (role_name, assume_role_policy_document) values (%s, %s)", f"role-{n}", TRUST)
        self.sql('insert into bucket (name, tags) values (%s, \'{"a": "1"}\')', f"bucket-{n}")
        self.sql("update queue set visibility_timeout = 60 where name = %s", f"changed-{n}")
        self.sql("update security_group set description = 'new' where group_name = %s", f"replaced-{n}")
        self.sql("delete from queue where name = %s", f"deleted-{n}")
        return str(tx)

    def commit(self) -> psycopg.Error | None:
        """What a commit raises."""
        try:
            self.sql("select * from iasql_commit()")
        except psycopg.Error as error:
            return error
        return None

    def cloud(self) -> dict[str, Any]:
        """What the stand-in has of this round."""
        n, client = self.round, self.stack.client
        ec2, sqs, s3 = client("ec2"), client("sqs"), client("s3")
        vpcs = [v["VpcId"] for v in ec2.describe_vpcs()["Vpcs"] if v["CidrBlock"] == f"10.{n}.0.0/16"]
        groups = ec2.describe_security_groups()["SecurityGroups"]
        mine = [g for g in groups if g["GroupName"] == f"web-{n}"]
        queues = {url.rsplit("/", 1)[-1]: url for url in sqs.list_queues().get("QueueUrls", [])}
        changed = sqs.get_queue_attributes(QueueUrl=queues[f"changed-{n}"], AttributeNames=["VisibilityTimeout"])
        profiles = client("iam").list_instance_profiles()["InstanceProfiles"]
        buckets = [b["Name"] for b in s3.list_buckets()["Buckets"] if b["Name"] == f"bucket-{n}"]
        return {
            "vpcs": len(vpcs),
            "subnets": len([s for s in ec2.describe_subnets()["Subnets"] if s["CidrBlock"] == f"10.{n}.1.0/24"]),
            "groups": len(mine),
            "ingress": sum(len(g["IpPermissions"]) for g in mine),
            "egress": sum(len(g["IpPermissionsEgress"]) for g in mine),
            "replaced": [g["Description"] for g in groups if g["GroupName"] == f"replaced-{n}"],
            "new": f"new-{n}" in queues,
            "deleted": f"deleted-{n}" not in queues,
            "changed": changed["Attributes"]["VisibilityTimeout"],
            "profiles": [p["InstanceProfileName"] for p in profiles].count(f"role-{n}"),
            "roles": [r["RoleName"] for r in client("iam").list_roles()["Roles"]].count(f"role-{n}"),
            "buckets": [s3.get_bucket_tagging(Bucket=name)["TagSet"] for name in buckets],
        }

    def timeout(self, queue: str) -> str:
        """A queue's visibility timeout in the cloud."""
        sqs, name = self.stack.client("sqs"), "VisibilityTimeout"
        url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
        return str(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])["Attributes"][name])

    def tagged(self) -> set[str]:
        """What still carries a tag that names an intent; the stand-in remembers tags of what is deleted."""
        ec2 = self.stack.client("ec2")
        tags = ec2.describe_tags(Filters=[{"Name": "key", "Values": ["iasql:intent"]}])["Tags"]
        there = {v["VpcId"] for v in ec2.describe_vpcs()["Vpcs"]}
        there |= {s["SubnetId"] for s in ec2.describe_subnets()["Subnets"]}
        there |= {g["GroupId"] for g in ec2.describe_security_groups()["SecurityGroups"]}
        return {tag["ResourceId"] for tag in tags} & there

    def check(self, tx: str) -> str:
        """All or nothing, tables and cloud the same, nothing hidden; the state that the transaction came to."""
        state = str(self.sql.one("select state from iasql_transaction where transaction_id = %s", tx)["state"])
        told = self.sql("select message from iasql_get_errors()")
        assert state in ("committed", "rolled_back", "open"), "\n".join(row["message"] for row in told)
        assert self.cloud() == (DONE if state == "committed" else UNDONE)
        if state == "open":
            self.sql("select * from iasql_rollback()")
        self.sql("select * from iasql_sync()")
        assert self.sql("select * from iasql_sync()") == []
        assert self.cloud() == (DONE if state == "committed" else UNDONE)
        assert self.sql("select * from iasql_conflict") == []
        assert self.tagged() == set()
        engine = self.database.connect("iasql_engine")
        assert engine.execute("select count(*) from iasql.open_intents()").fetchone() == (0,)
        engine.close()
        return state


DONE = {
    "vpcs": 1, "subnets": 1, "groups": 1, "ingress": 1, "egress": 0, "replaced": ["new"], "new": True, "deleted": True,
    "changed": "60", "roles": 1, "profiles": 1, "buckets": [[{"Key": "a", "Value": "1"}]],
}  # fmt: skip
UNDONE = {
    "vpcs": 0, "subnets": 0, "groups": 0, "ingress": 0, "egress": 0, "replaced": ["old"], "new": False,
    "deleted": False, "changed": "30", "roles": 0, "profiles": 0, "buckets": [],
}  # fmt: skip


@contextmanager
def a_world(database: Database, aws_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Everything."""
    proxy = FaultProxy(aws_endpoint)
    monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.endpoint)
    engine = EngineProcess.start(database.address, database.name, LANDED)
    stack = Stack(address=database.address, database=database.name, endpoint=aws_endpoint)
    sql = Sql(database.connect())
    found = World(database=database, stack=stack, proxy=proxy, sql=sql, engine=engine)
    try:
        yield found
    finally:
        found.engine.end()
        proxy.close()


@pytest.fixture
def world(database: Database, aws_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A world on the tests' own server."""
    with a_world(database, aws_endpoint, monkeypatch) as found:
        yield found


def instants(count: int) -> range:
    """Which of so many instants to try: all of them where IASQL_TEST_EVERY_INSTANT is set, else some."""
    return range(0, count, STRIDE)


def calls_of_a_commit(world: World) -> int:
    """How many calls change something in one round."""
    world.prepare()
    tx = world.change()
    assert world.commit() is None
    count = len(world.proxy.writes)
    assert world.check(tx) == "committed"
    return count


@pytest.mark.parametrize("way", ["die_before", "die_after"])
def test_the_engine_is_killed_at_every_call(world: World, way: Any) -> None:
    count = calls_of_a_commit(world)
    states = []
    for number in instants(count):
        world.prepare()
        tx = world.change()
        world.proxy.on_writes(way, after=number, times=1, die=world.engine.kill)
        assert world.commit() is not None
        world.proxy.rules.clear()
        world.restart()
        states.append(world.check(tx))
    assert count >= 12
    assert set(states) == {"committed"}


def test_the_engine_is_killed_at_every_row_of_the_log(world: World) -> None:
    admin = world.database.admin()
    admin.execute(TRIGGER)
    listener = world.database.admin()
    listener.execute("listen brake")
    states: list[str] = []
    for number in instants(200):
        world.prepare()
        tx = world.change()
        admin.execute("select pg_advisory_lock(%s)", [HOLD])
        admin.execute("insert into public.brake values (%s)", [number])
        errors: list[psycopg.Error | None] = []
        caller = threading.Thread(target=lambda found=errors: found.append(world.commit()))
        caller.start()
        reached = False
        while caller.is_alive() and not reached:
            reached = _is_held(listener)
            time.sleep(0.02)
        if reached:
            world.engine.kill()
        caller.join(30)
        admin.execute("delete from public.brake") if not reached else None
        admin.execute("select pg_advisory_unlock(%s)", [HOLD])
        admin.execute("delete from public.brake")
        if not reached:
            break
        world.restart()
        states.append(world.check(tx))
    assert len(states) > 15 / STRIDE
    assert set(states) <= {"committed", "open"}
    assert states[-1] == "committed"


def _is_held(connection: psycopg.Connection) -> bool:
    query = """
        select exists (select from pg_locks where locktype = 'advisory' and objid = %s and not granted
          and database = (select oid from pg_database where datname = current_database()))"""
    row = connection.execute(query, [HOLD]).fetchone()
    return bool(row and row[0])


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


def test_killed_while_it_brings_back(world: World) -> None:
    states = []
    for number in range(4):
        world.prepare()
        tx = world.change()
        world.sql("update security_group set description = 'old' where group_name = %s", f"replaced-{world.round}")
        world.proxy.on("CreateBucket", "refuse")
        world.proxy.on(
            lambda name, body: name.startswith("Delete"), "die_before" if number % 2 else "die_after",
            after=number // 2, times=1, die=world.engine.kill,
        )  # fmt: skip
        assert world.commit() is not None
        world.proxy.rules.clear()
        world.restart()
        states.append(world.check(tx))
    assert states == ["rolled_back"] * 4


def test_killed_in_a_tick(world: World) -> None:
    for number in range(6):
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
        assert world.cloud() == UNDONE | {"vpcs": 1, "replaced": ["new"]}
        assert world.sql.one("select count(*) from iasql_transaction where state = 'committing'")["count"] == 0


def test_the_database_connection_is_lost_in_the_middle(world: World) -> None:
    """PostgreSQL ends every connection of the engine, as a restart does; the process lives on and takes over anew."""
    admin = world.database.admin()
    for number in (0, 3, 7):
        world.prepare()
        tx = world.change()

        def cut() -> None:
            admin.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()"
                " and usename in ('iasql_engine', 'iasql_writer')"
            )

        world.proxy.on_writes("die_after", after=number, times=1, die=cut)
        assert world.commit() is not None
        world.proxy.rules.clear()
        _wait_until_ready(world)
        world.check(tx)


@pytest.mark.parametrize("number", [0, 5, 11])
def test_an_engine_that_is_cut_off_from_the_database(world: World, number: int) -> None:
    """It may end the call that it has begun, and then nothing more: another one has taken over."""
    wire = TcpProxy(world.database.address.port)
    world.engine.end()
    behind = attrs.evolve(world.database.address, port=wire.port)
    cut_off = EngineProcess.start(behind, world.database.name, LANDED)
    world.engine = EngineProcess.start(world.database.address, world.database.name, LANDED, wait=False)
    try:
        world.prepare()
        tx = world.change()
        world.proxy.on_writes("stall", after=number, times=1, die=wire.cut, seconds=LANDED / 2)
        assert world.commit() is not None
        world.engine.ready()
        assert world.check(tx) == "committed"
        assert cut_off.process.poll() is None
    finally:
        cut_off.end()
        wire.close()


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


def test_postgresql_is_killed_in_the_middle(aws_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Path(tempfile.mkdtemp(prefix="iasql-crash-"))
    embedded = Embedded(folder)
    try:
        address = embedded.start()
        with embedded.admin_connection() as admin:
            create_roles(admin, {login: embedded.password(login) for login in LOGINS})
            create_database(admin, "crash")
        server = Server(address=address, admin_role="postgres", admin_database="postgres")
        database = Database(server=server, name="crash")
        with a_world(database, aws_endpoint, monkeypatch) as world:
            look_at_one_region(world.sql, *MODULES)
            for number in (0, 4, 9):
                world.prepare()
                tx = world.change()
                world.proxy.on_writes("die_after", after=number, times=1, die=lambda: _kill_server(folder))
                assert world.commit() is not None
                world.proxy.rules.clear()
                while embedded.running():
                    time.sleep(0.05)
                embedded.stop()
                embedded.start(address.port)
                world.sql = Sql(database.connect())
                _wait_until_ready(world)
                assert world.check(tx) == "committed"
            database.close()
    finally:
        embedded.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _kill_server(folder: Path) -> None:
    (note,) = folder.glob("*/postmaster.pid")
    os.kill(int(note.read_text().splitlines()[0]), signal.SIGKILL)


def _wait_until_ready(world: World) -> None:
    for _ in range(200):
        try:
            world.sql("select * from iasql_modules_list()")
        except psycopg.Error:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the engine does not answer")
