"""The log as SQL, run again in a second database whose engine looks at a second account, until both are equal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import attrs
import boto3
import pytest

from tests.acceptance.conftest import Sql, Stack, look_at_one_region
from tests.databases import Server, new_database

MODULES = ("aws_iam", "aws_security_group", "aws_sqs")
ROLE = "arn:aws:iam::222222222222:role/iasql"
TRUST = json.dumps({
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
})  # fmt: skip
WORK = [
    """
    insert into vpc (cidr_block, tags) values ('10.9.0.0/16', '{"Name": "work"}'), ('10.8.0.0/16', '{"Name": "gone"}');
    insert into subnet (cidr_block, availability_zone, vpc_id)
    select '10.9.1.0/24', 'us-east-1a', id from vpc where cidr_block = '10.9.0.0/16';
    insert into queue (name, visibility_timeout) values ('first', 10), ('second', 20), ('gone', 30);
    insert into security_group (group_name, description, vpc_id)
    select n, 'the ' || n, id from vpc, unnest(array['web', 'db']) n where cidr_block = '10.9.0.0/16';
    insert into security_group_rule
      (is_egress, ip_protocol, from_port, to_port, source_security_group, security_group_id)
    select false, 'tcp', 5432, 5432, a.id, b.id from security_group a, security_group b
    where (a.group_name, b.group_name) in (('web', 'db'), ('db', 'web'));
    insert into security_group_rule (is_egress, ip_protocol, from_port, to_port, cidr_ipv4, security_group_id)
    select false, 'tcp', 22, 22, '10.0.0.0/8', id from security_group where group_name = 'db'
    """,
    """
    update queue set visibility_timeout = 11, tags = '{"a": "''b"}' where name = 'first';
    delete from queue where name = 'gone';
    delete from vpc where cidr_block = '10.8.0.0/16';
    update security_group_rule set description = 'from inside' where from_port = 22
    """,
]
MORE = f"""
    insert into iam_role (role_name, assume_role_policy_document, tags) values ('more', '{TRUST}', '{{"a": "b"}}');
    update subnet set tags = '{{"of": "the work"}}' where cidr_block = '10.9.1.0/24';
    delete from security_group_rule r using security_group g where g.id = r.security_group_id and g.group_name = 'web';
    insert into security_group_rule (is_egress, ip_protocol, from_port, to_port, cidr_ipv4, security_group_id)
    select false, 'tcp', 80, 80, '0.0.0.0/0', id from security_group where group_name = 'web';
    update queue set visibility_timeout = 25, tags = null where name in ('first', 'second')
"""


@attrs.frozen
class Account:
    """One side: a database with its engine, and a way to look at its account past it."""

    sql: Sql
    stack: Stack
    keys: dict[str, str]

    def commit(self, statements: list[str]) -> str:
        """Runs them in one transaction; its id."""
        tx = self.sql.one("select transaction_id from iasql_begin()")["transaction_id"]
        for statement in statements:
            self.sql(statement)
        self.sql("select * from iasql_commit()")
        return str(tx)

    def client(self, service: str) -> Any:
        """Past the engine."""
        return boto3.client(service, region_name="us-east-1", endpoint_url=self.stack.endpoint, **self.keys)

    def seen(self) -> dict[str, Any]:
        """What the account has, by the names that people gave it."""
        ec2, sqs, iam = self.client("ec2"), self.client("sqs"), self.client("iam")
        vpcs = {vpc["VpcId"]: vpc["CidrBlock"] for vpc in ec2.describe_vpcs()["Vpcs"]}
        groups = ec2.describe_security_groups()["SecurityGroups"]
        names = {group["GroupId"]: (group["GroupName"], vpcs[group["VpcId"]]) for group in groups}
        rules = ec2.describe_security_group_rules()["SecurityGroupRules"]
        asked = {url.rpartition("/")[2]: url for url in sqs.list_queues().get("QueueUrls", [])}
        return {
            "vpcs": sorted(vpcs.values()),
            "subnets": sorted(
                (vpcs[subnet["VpcId"]], subnet["CidrBlock"], subnet["AvailabilityZone"], str(subnet.get("Tags")))
                for subnet in ec2.describe_subnets()["Subnets"]
            ),
            "groups": sorted((*names[group["GroupId"]], group["Description"]) for group in groups),
            "rules": sorted(str(_named(rule, names)) for rule in rules),
            "queues": {name: _queue(sqs, url) for name, url in asked.items()},
            "roles": [(r["RoleName"], r["AssumeRolePolicyDocument"]) for r in iam.list_roles()["Roles"]],
        }


def _named(rule: dict[str, Any], names: dict[str, Any]) -> dict[str, Any]:
    """A rule without ids: its group, and the one that it refers to, by name."""
    told = {k: v for k, v in rule.items() if k not in ("SecurityGroupRuleId", "SecurityGroupRuleArn", "GroupOwnerId")}
    other = rule.get("ReferencedGroupInfo", {}).get("GroupId")
    return told | {"GroupId": names[rule["GroupId"]], "ReferencedGroupInfo": names.get(other)}


def _queue(sqs: Any, url: str) -> dict[str, Any]:
    told = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    kept = {name: told[name] for name in ("VisibilityTimeout", "DelaySeconds", "MessageRetentionPeriod")}
    return kept | sqs.list_queue_tags(QueueUrl=url).get("Tags", {})


@pytest.fixture
def here(sql: Sql, stack: Stack) -> Account:
    """The first account, with nothing in it but what AWS puts there."""
    return Account(sql, stack, {})


@pytest.fixture
def there(server: Server, template: str, stack: Stack) -> Iterator[Account]:
    """A second database; its engine assumes a role in a second account."""
    given = boto3.client("sts", region_name="us-east-1", endpoint_url=stack.endpoint).assume_role(
        RoleArn=ROLE, RoleSessionName="look"
    )["Credentials"]
    keys = {"aws_access_key_id": given["AccessKeyId"], "aws_secret_access_key": given["SecretAccessKey"],
            "aws_session_token": given["SessionToken"]}  # fmt: skip
    for database in new_database(server, template):
        other = Stack(address=database.address, database=database.name, endpoint=stack.endpoint)
        other.start()
        try:
            sql = Sql(other.connect())
            sql("select * from iasql_install('aws_account')")
            sql("insert into aws_credentials (role_arn) values (%s)", ROLE)
            look_at_one_region(sql, *MODULES)
            yield Account(sql, other, keys)
        finally:
            for connection in other.connections:
                connection.close()
            other.stop()


def statements(account: Account, query: str, *arguments: Any) -> list[str]:
    """What a function tells; no cloud id is among it."""
    told = [row["sql"] for row in account.sql(query, *arguments)]
    assert not [each for each in told if any(mark in each for mark in ("vpc-", "sg-", "sgr-", "subnet-", "123456789"))]
    return told


@pytest.mark.modules(*MODULES)
def test_two_accounts_become_equal(here: Account, there: Account) -> None:
    for work in WORK:
        here.commit(work.split(";"))
    assert there.seen() != here.seen()
    there.commit(statements(here, "select sql from iasql_get_sql_since()"))
    assert there.seen() == here.seen()
    tx = here.commit(MORE.split(";"))
    assert there.seen() != here.seen()
    there.commit(statements(here, "select sql from iasql_get_sql_for_transaction(%s)", tx))
    assert there.seen() == here.seen()
    assert here.client("sts").get_caller_identity()["Account"] != there.client("sts").get_caller_identity()["Account"]
    for account in (here, there):  # what AWS made beside the rest comes in; nothing is left to do there
        assert {row["side"] for row in account.sql("select side from iasql_sync()")} <= {"tables"}
