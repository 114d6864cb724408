"""One commit of a mixed set, again and again, and what is left of it after something has gone wrong in the middle.

`World.change` opens it: a network with a group, a rule, a queue, a role with its profile, a bucket with tags; one queue
changed, one group replaced, one queue deleted. `World.verdict` compares tables, cloud and log with what must be there.
The next steps are `tests.acceptance.faults` and `tests/acceptance/test_crashes.py`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import attrs
import psycopg
import pytest

from iasql.server.embedded import Embedded
from tests.acceptance.conftest import Sql, Stack
from tests.acceptance.engine_process import EngineProcess
from tests.acceptance.fault_proxy import FaultProxy
from tests.acceptance.tcp_proxy import TcpProxy
from tests.databases import Database

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    }
)
MODULES = ("aws_s3", "aws_security_group", "aws_iam", "aws_sqs")
LANDED = 0.6
QUIET = 4
"""Syncs after which nothing may be left to do."""

Found = dict[str, list[str]]
"""What there is of one round: kind -> the names or values that were found, as often as they were found."""

DONE: Found = {
    "vpc": ["+"], "subnet": ["+"], "group": ["+"], "ingress": ["+"], "egress": [], "replaced": ["new"], "queue": ["+"],
    "deleted": [], "changed": ["60"], "role": ["+"], "profile": ["+"], "bucket": ["+"], "tags": ["a=1"],
}  # fmt: skip
UNDONE: Found = {
    "vpc": [], "subnet": [], "group": [], "ingress": [], "egress": [], "replaced": ["old"], "queue": [],
    "deleted": ["+"], "changed": ["30"], "role": [], "profile": [], "bucket": [], "tags": [],
}  # fmt: skip
STATEMENTS = (
    "insert into vpc (cidr_block) values ('10.{n}.0.0/16')",
    "insert into subnet (cidr_block, vpc_id, availability_zone)"
    " select '10.{n}.1.0/24', id, 'us-east-1a' from vpc where cidr_block = '10.{n}.0.0/16'",
    "insert into security_group (group_name, description, vpc_id)"
    " select 'web-{n}', 'w', id from vpc where cidr_block = '10.{n}.0.0/16'",
    "insert into security_group_rule (is_egress, ip_protocol, from_port, to_port, cidr_ipv4, security_group_id)"
    " select false, 'tcp', 80, 80, '10.0.0.0/8', id from security_group where group_name = 'web-{n}'",
    "insert into queue (name) values ('new-{n}')",
    "insert into iam_role (role_name, assume_role_policy_document) values ('role-{n}', '{trust}')",
    "insert into bucket (name, tags) values ('bucket-{n}', '{{\"a\": \"1\"}}')",
    "update queue set visibility_timeout = 60 where name = 'changed-{n}'",
    "update security_group set description = 'new' where group_name = 'replaced-{n}'",
    "delete from queue where name = 'deleted-{n}'",
)
ROWS = """
select 'vpc', '+' from vpc where cidr_block = '10.{n}.0.0/16'
union all select 'subnet', '+' from subnet where cidr_block = '10.{n}.1.0/24'
union all select 'group', '+' from security_group where group_name = 'web-{n}'
union all select case when is_egress then 'egress' else 'ingress' end, '+' from security_group_rule r
  join security_group g on g.id = r.security_group_id where g.group_name = 'web-{n}'
union all select 'replaced', description from security_group where group_name = 'replaced-{n}'
union all select 'queue', '+' from queue where name = 'new-{n}'
union all select 'deleted', '+' from queue where name = 'deleted-{n}'
union all select 'changed', visibility_timeout::text from queue where name = 'changed-{n}'
union all select 'role', '+' from iam_role where role_name = 'role-{n}'
union all select 'bucket', '+' from bucket where name = 'bucket-{n}'
union all select 'tags', t.key || '=' || t.value from bucket b, jsonb_each_text(b.tags) t where b.name = 'bucket-{n}'"""
NO_TABLE = frozenset({"profile"})


@attrs.frozen(kw_only=True)
class Verdict:
    """What was left of one commit: the state that it came to, and how much is wrong.

    duplicates   things that are there more than once          orphans   things in the cloud that nobody knows or wants
    lost         rows or things that should be there           differs   where the tables are not the cloud
    named        residues that iasql_conflict names at first  loose     conflicts, open intents and their tags, later
    """

    state: str
    duplicates: int = 0
    orphans: int = 0
    lost: int = 0
    differs: int = 0
    loose: int = 0
    named: int = 0

    @property
    def is_clean(self) -> bool:
        """Whether nothing is wrong but for what is named."""
        return self == Verdict(state=self.state, named=self.named) and (self.state == "failed") == (self.named > 0)


@attrs.define(kw_only=True)
class World:
    """A database, a stand-in behind a proxy, and an engine behind a wire, which may be killed.

    `ground` is the server where it may be killed too; `standby` another engine that waits for its turn.
    """

    database: Database
    stack: Stack
    proxy: FaultProxy
    wire: TcpProxy
    sql: Sql
    engine: EngineProcess
    standby: EngineProcess | None = None
    ground: Embedded | None = None
    round: int = 0
    done: Found = attrs.field(factory=DONE.copy)
    """What there shall be of this round once it is committed."""

    def restart(self) -> None:
        """Another engine takes over."""
        self.engine.end()
        self.engine = start_engine(self.database, self.wire)

    def rewire(self) -> None:
        """Another wire, and an engine at it."""
        self.wire.close()
        self.wire = TcpProxy(self.database.address.port)
        self.restart()

    def reconnect(self) -> None:
        """The user connects again."""
        self.sql = Sql(self.database.connect())

    def prepare(self) -> None:
        """What this round's commit will change and delete."""
        self.round, self.done = self.round + 1, DONE
        self.sql("select * from iasql_begin()")
        self.sql("insert into queue (name, visibility_timeout) values (%s, 30)", f"changed-{self.round}")
        self.sql("insert into queue (name) values (%s)", f"deleted-{self.round}")
        self.sql("insert into security_group (group_name, description) values (%s, 'old')", f"replaced-{self.round}")
        self.sql("select * from iasql_commit()")
        self.proxy.clear()

    def change(self) -> str:
        """Opens a transaction with something of everything, and gives its id."""
        tx = self.sql.one("select transaction_id from iasql_begin()")["transaction_id"]
        for statement in STATEMENTS:
            self.sql(statement.format(n=self.round, trust=TRUST))
        return str(tx)

    def commit(self) -> psycopg.Error | None:
        """What a commit raises."""
        try:
            self.sql("select * from iasql_commit()")
        except psycopg.Error as error:
            return error
        return None

    # --- what is there ---

    def cloud(self) -> Found:
        """What the stand-in has of this round."""
        n, client = self.round, self.stack.client
        ec2, sqs, s3 = client("ec2"), client("sqs"), client("s3")
        groups = ec2.describe_security_groups()["SecurityGroups"]
        mine = [g for g in groups if g["GroupName"] == f"web-{n}"]
        queues = {url.rsplit("/", 1)[-1]: url for url in sqs.list_queues().get("QueueUrls", [])}
        profiles = client("iam").list_instance_profiles()["InstanceProfiles"]
        roles = client("iam").list_roles()["Roles"]
        buckets = [b["Name"] for b in s3.list_buckets()["Buckets"] if b["Name"] == f"bucket-{n}"]
        tags = [tag for name in buckets for tag in bucket_tags(s3, name)]
        return {
            "vpc": ["+" for v in ec2.describe_vpcs()["Vpcs"] if v["CidrBlock"] == f"10.{n}.0.0/16"],
            "subnet": ["+" for s in ec2.describe_subnets()["Subnets"] if s["CidrBlock"] == f"10.{n}.1.0/24"],
            "group": ["+" for _ in mine],
            "ingress": ["+" for g in mine for _ in g["IpPermissions"]],
            "egress": ["+" for g in mine for _ in g["IpPermissionsEgress"]],
            "replaced": [g["Description"] for g in groups if g["GroupName"] == f"replaced-{n}"],
            "queue": ["+" for name in queues if name == f"new-{n}"],
            "deleted": ["+" for name in queues if name == f"deleted-{n}"],
            "changed": [self.timeout(name) for name in queues if name == f"changed-{n}"],
            "role": ["+" for r in roles if r["RoleName"] == f"role-{n}"],
            "profile": ["+" for p in profiles if p["InstanceProfileName"] == f"role-{n}"],
            "bucket": ["+" for _ in buckets],
            "tags": [f"{tag['Key']}={tag['Value']}" for tag in tags],
        }

    def rows(self) -> Found:
        """What the tables have of this round."""
        found: Found = {kind: [] for kind in DONE if kind not in NO_TABLE}
        for kind, value in self.sql.connection.execute(ROWS.format(n=self.round).encode()).fetchall():
            found[kind].append(value)
        return found

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

    # --- what must hold ---

    def state(self, tx: str) -> str:
        """What the log says of a transaction."""
        return str(self.sql.one("select state from iasql_transaction where transaction_id = %s", tx)["state"])

    def verdict(self, tx: str) -> Verdict:
        """All or nothing, tables and cloud the same, nothing hidden; after which everything has come to rest."""
        state, named = self.state(tx), self.conflicts()
        expected = {"committed": self.done, "rolled_back": UNDONE, "open": UNDONE}.get(state)
        wrong = against(self.cloud(), expected) if expected is not None else {}
        if state == "open":
            self.sql("select * from iasql_rollback()")
        rest = next((0 for _ in range(QUIET) if not self.sql("select * from iasql_sync()")), 1)
        cloud, rows = self.cloud(), self.rows()
        later = against(cloud, expected) if expected is not None else {}
        shown = {kind: values for kind, values in cloud.items() if kind not in NO_TABLE}
        beside = against(shown, rows)
        return Verdict(
            state=state,
            duplicates=wrong.get("duplicates", 0) + later.get("duplicates", 0),
            orphans=wrong.get("orphans", 0) + later.get("orphans", 0) + beside["duplicates"] + beside["orphans"],
            lost=wrong.get("lost", 0) + later.get("lost", 0) + beside["lost"],
            differs=wrong.get("differs", 0) + later.get("differs", 0) + beside["differs"] + rest,
            loose=len(self.tagged()) + self.open_intents() + self.conflicts(),
            named=named,
        )

    def conflicts(self) -> int:
        """What waits for somebody to decide."""
        return int(self.sql.one("select count(*) from iasql_conflict")["count"])

    def open_intents(self) -> int:
        """Calls of which the log does not know what became of them."""
        engine = self.database.connect("iasql_engine")
        (count,) = engine.execute("select count(*) from iasql.open_intents()").fetchone() or (0,)
        engine.close()
        return int(count)


def bucket_tags(s3: Any, name: str) -> list[dict[str, str]]:
    """A bucket's tags; where it never got any, the stand-in has an error for them, as S3 has."""
    try:
        return list(s3.get_bucket_tagging(Bucket=name)["TagSet"])
    except s3.exceptions.ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchTagSet":
            raise
        return []


def against(found: Mapping[str, list[str]], expected: Mapping[str, list[str]]) -> dict[str, int]:
    """How what was found is not what was expected."""
    told = dict.fromkeys(("duplicates", "orphans", "lost", "differs"), 0)
    for kind, wanted in expected.items():
        more = len(found[kind]) - len(wanted)
        told["duplicates" if wanted else "orphans"] += max(more, 0)
        told["lost"] += max(-more, 0)
        told["differs"] += more == 0 and sorted(found[kind]) != sorted(wanted)
    return told


def start_engine(database: Database, wire: TcpProxy, *, wait: bool = True) -> EngineProcess:
    """An engine that reaches PostgreSQL by this wire."""
    behind = attrs.evolve(database.address, port=wire.port)
    return EngineProcess.start(behind, database.name, LANDED, wait=wait)


def until(asked: Callable[[], bool], what: str, seconds: float = 60.0) -> None:
    """Returns once that is so."""
    ends = time.monotonic() + seconds
    while not asked():
        assert time.monotonic() < ends, f"not within {seconds} s: {what}"
        time.sleep(0.05)


@contextmanager
def a_world(
    database: Database, aws_endpoint: str, monkeypatch: pytest.MonkeyPatch, ground: Embedded | None = None
) -> Iterator[World]:
    """Everything, on a database that has the modules."""
    proxy = FaultProxy(aws_endpoint)
    wire = TcpProxy(database.address.port)
    monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.endpoint)
    stack = Stack(address=database.address, database=database.name, endpoint=aws_endpoint)
    sql = Sql(database.connect())
    found = World(
        database=database, stack=stack, proxy=proxy, wire=wire, sql=sql, engine=start_engine(database, wire),
        ground=ground,
    )  # fmt: skip
    try:
        yield found
    finally:
        found.engine.end()
        if found.standby is not None:
            found.standby.end()
        stack.close()
        found.wire.close()
        proxy.close()
