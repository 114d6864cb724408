"""An engine that is killed in the middle of a commit, as psql shows it: `python -m tests.acceptance.killed_engine`.

It plays the story on a PostgreSQL and a stand-in for AWS of its own and writes what psql printed into the page
docs/how-to/conflicts.md.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from tests.acceptance.conftest import moto_server
from tests.acceptance.crash_world import World
from tests.acceptance.every_instant import fresh, ground
from tests.acceptance.faults import kill_engine

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "conflicts.md"
BEGIN, END = "<!-- killed -->\n```text\n", "```\n<!-- end -->"
BEFORE = """
select message from iasql_begin('A network and its jobs');
insert into vpc (cidr_block) values ('10.77.0.0/16');
insert into subnet (cidr_block, vpc_id, availability_zone)
  select '10.77.1.0/24', id, 'us-east-1a' from vpc where cidr_block = '10.77.0.0/16';
insert into queue (name) values ('killed-jobs');
insert into bucket (name) values ('killed-reports');
select action, table_name, description, reversible from iasql_preview();
select * from iasql_commit();
"""
DEAD = """
select state, cloud_calls from iasql_transaction where message = 'A network and its jobs';
select message from iasql_begin('Something else');
"""
CALLS = """
select table_name, coalesce(change->'intent'->>'verb', change->'outcome'->>'verb') as verb,
  change ? 'intent' as intent, change ? 'outcome' as outcome, change->'outcome'->'error'->>'code' as error
from iasql_audit_log where change_type = 'CLOUD_CALL' and transaction_id =
  (select transaction_id from iasql_transaction where message = 'A network and its jobs') order by id;
"""
AFTER = """
select state, cloud_calls, error from iasql_transaction where message = 'A network and its jobs';
select v.cidr_block, v.state, v.vpc_id <> '' as has_id, s.subnet_id <> '' as subnet_has_id
  from vpc v join subnet s on s.vpc_id = v.id where v.cidr_block = '10.77.0.0/16';
select * from iasql_conflict;
select count(*) from iasql_sync();
select ok, reason from iasql_audit_verify();
"""


def told(world: World, script: str) -> str:
    """What psql shows of these statements, one connection each: a transaction outlives them."""
    lines: list[str] = []
    for statement in filter(None, map(str.strip, script.split(";\n"))):
        lines += [f"iasql=> {statement.removesuffix(';')};", psql(world, statement)]
    return "".join(f"{line.rstrip()}\n" for line in "\n".join(lines).splitlines() if line.strip())


def psql(world: World, statement: str) -> str:
    """What psql prints, errors and notices in between."""
    dsn = world.database.address.dsn("iasql", world.database.name)
    command = ["psql", "-X", "-v", "SHOW_CONTEXT=never", "-P", "pager=off", "-d", dsn, "-c", statement]
    ran = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=os.environ)
    return ran.stdout


def there(world: World) -> str:
    """What AWS has of it."""
    ec2, sqs, s3 = (world.stack.client(name) for name in ("ec2", "sqs", "s3"))
    vpcs = [v for v in ec2.describe_vpcs()["Vpcs"] if v["CidrBlock"] == "10.77.0.0/16"]
    subnets = [s for s in ec2.describe_subnets()["Subnets"] if s["CidrBlock"] == "10.77.1.0/24"]
    queues, buckets = sqs.list_queues().get("QueueUrls", []), s3.list_buckets()["Buckets"]
    return f"-- AWS has: {len(vpcs)} VPC, {len(subnets)} subnet, {len(queues)} queue, {len(buckets)} bucket\n"


def story(world: World) -> str:
    """The whole of it; the engine dies when AWS has carried out the first call and nobody has heard of it."""
    world.proxy.on_writes("die_after", times=1, die=lambda: kill_engine(world))
    parts = [told(world, BEFORE), there(world), told(world, DEAD + CALLS)]
    world.proxy.rules.clear()
    world.restart()
    parts += ["$ iasql up\nready: ...\n", there(world), told(world, AFTER + CALLS)]
    return "\n".join(parts)


def main() -> None:
    """Plays it and writes the page."""
    with ground() as (embedded, server), moto_server() as endpoint, fresh(embedded, server, endpoint) as world:
        text = story(world)
    page = PAGE.read_text()
    before, _, rest = page.partition(BEGIN)
    PAGE.write_text(before + BEGIN + text + END + rest.partition(END)[2])


if __name__ == "__main__":
    main()
