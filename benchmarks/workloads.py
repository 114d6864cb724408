"""The workloads: the same resources as rows of SQL, as calls of boto3 and as Terraform's language.

W1: one VPC, N security groups with one rule each. W2: N / 4 each of tagged buckets, roles with one attached policy,
queues, and log groups that keep events for a week.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeAlias

import attrs

Clients: TypeAlias = Callable[[str], Any]
THREADS = 16
POLICY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)


@attrs.frozen(kw_only=True)
class Workload:
    """One of them; `{n}` in its texts is the number of objects, `{q}` a quarter of it."""

    name: str
    modules: tuple[str, ...]
    tables: tuple[str, ...]
    create: str
    change: str
    destroy: str
    terraform: str
    changed: tuple[str, str]
    """What to replace in the Terraform text to change one object, and by what."""
    bare: Callable[[Clients, int], None]
    bare_read: Callable[[Clients, int], None]
    bare_change: Callable[[Clients, int], None]

    def filled(self, text: str, n: int) -> str:
        """One of the texts for so many objects."""
        return text.replace("{n}", str(n)).replace("{q}", str(n // 4))

    def objects(self, n: int) -> int:
        """How many resources that is."""
        return 2 * n + 1 if self.name == "W1" else n


def side_by_side(work: Callable[[int], object], numbers: range) -> None:
    """Each of them, in sixteen threads."""
    with ThreadPoolExecutor(THREADS) as pool:
        for _ in pool.map(work, numbers):
            pass


def _groups(client: Clients, n: int) -> None:
    ec2 = client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]

    def group(i: int) -> None:
        made = ec2.create_security_group(GroupName=f"bench-{i}", Description="bench", VpcId=vpc)
        ec2.authorize_security_group_ingress(GroupId=made["GroupId"], IpPermissions=[_ingress("")])

    side_by_side(group, range(1, n + 1))


def _ingress(text: str) -> dict[str, Any]:
    ranges = [{"CidrIp": "10.0.0.0/8", **({"Description": text} if text else {})}]
    return {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": ranges}


def _read_groups(client: Clients, n: int) -> None:
    ec2 = client("ec2")
    for operation in ("describe_security_groups", "describe_security_group_rules"):
        for _ in ec2.get_paginator(operation).paginate():
            pass


def _change_group(client: Clients, n: int) -> None:
    ec2 = client("ec2")
    filters = [{"Name": "group-name", "Values": ["bench-1"]}]
    group = ec2.describe_security_groups(Filters=filters)["SecurityGroups"][0]["GroupId"]
    ec2.create_tags(Resources=[group], Tags=[{"Key": "changed", "Value": "yes"}])


W1 = Workload(
    name="W1",
    modules=("aws_security_group",),
    tables=("vpc", "security_group", "security_group_rule"),
    create="""
        insert into vpc (cidr_block) values ('10.7.0.0/16');
        insert into security_group (description, group_name, vpc_id)
          select 'bench', 'bench-' || i, (select id from vpc where cidr_block = '10.7.0.0/16')
          from generate_series(1, {n}) i;
        insert into security_group_rule (is_egress, ip_protocol, from_port, to_port, cidr_ipv4, security_group_id)
          select false, 'tcp', 443, 443, '10.0.0.0/8', id from security_group where group_name like 'bench-%';""",
    change="""update security_group set tags = '{"changed": "yes"}' where group_name = 'bench-1'""",
    destroy="""
        delete from security_group_rule where security_group_id in (
          select id from security_group where vpc_id = (select id from vpc where cidr_block = '10.7.0.0/16'));
        delete from security_group where vpc_id = (select id from vpc where cidr_block = '10.7.0.0/16');
        delete from vpc where cidr_block = '10.7.0.0/16';""",
    terraform="""
        resource "aws_vpc" "bench" {
          cidr_block = "10.7.0.0/16"
        }
        resource "aws_security_group" "bench" {
          count       = {n}
          name        = "bench-${count.index + 1}"
          description = "bench"
          vpc_id      = aws_vpc.bench.id
          tags        = count.index == 0 ? { changed = "no" } : {}
        }
        resource "aws_vpc_security_group_ingress_rule" "bench" {
          count             = {n}
          security_group_id = aws_security_group.bench[count.index].id
          ip_protocol       = "tcp"
          from_port         = 443
          to_port           = 443
          cidr_ipv4         = "10.0.0.0/8"
        }""",
    changed=('changed = "no"', 'changed = "yes"'),
    bare=_groups,
    bare_read=_read_groups,
    bare_change=_change_group,
)


def _mixed(client: Clients, n: int) -> None:
    s3, iam, sqs, logs = (client(name) for name in ("s3", "iam", "sqs", "logs"))

    def quarter(i: int) -> None:
        s3.create_bucket(Bucket=f"bench-{i}")
        s3.put_bucket_tagging(Bucket=f"bench-{i}", Tagging={"TagSet": [{"Key": "team", "Value": "bench"}]})
        iam.create_role(RoleName=f"bench-{i}", AssumeRolePolicyDocument=TRUST)
        iam.attach_role_policy(RoleName=f"bench-{i}", PolicyArn=POLICY)
        sqs.create_queue(QueueName=f"bench-{i}")
        logs.create_log_group(logGroupName=f"bench-{i}")
        logs.put_retention_policy(logGroupName=f"bench-{i}", retentionInDays=7)

    side_by_side(quarter, range(1, n // 4 + 1))


def _read_mixed(client: Clients, n: int) -> None:
    s3, iam, sqs, logs = (client(name) for name in ("s3", "iam", "sqs", "logs"))
    s3.list_buckets()
    queues = sqs.list_queues(MaxResults=1000).get("QueueUrls", [])
    for _ in iam.get_paginator("list_roles").paginate():
        pass
    for _ in logs.get_paginator("describe_log_groups").paginate():
        pass

    def one(i: int) -> None:
        s3.get_bucket_tagging(Bucket=f"bench-{i + 1}")
        iam.list_attached_role_policies(RoleName=f"bench-{i + 1}")
        sqs.get_queue_attributes(QueueUrl=queues[i], AttributeNames=["All"])

    side_by_side(one, range(n // 4))


def _change_mixed(client: Clients, n: int) -> None:
    s3 = client("s3")
    tags = s3.get_bucket_tagging(Bucket="bench-1")["TagSet"]
    s3.put_bucket_tagging(Bucket="bench-1", Tagging={"TagSet": [*tags, {"Key": "changed", "Value": "yes"}]})


W2 = Workload(
    name="W2",
    modules=("aws_s3", "aws_iam", "aws_sqs", "aws_cloudwatch"),
    tables=("bucket", "iam_role", "queue", "log_group"),
    create=f"""
        insert into bucket (name, tags) select 'bench-' || i, '{{"team": "bench"}}' from generate_series(1, {{q}}) i;
        insert into iam_role (role_name, assume_role_policy_document, attached_policies_arns)
          select 'bench-' || i, '{TRUST}', array['{POLICY}'] from generate_series(1, {{q}}) i;
        insert into queue (name) select 'bench-' || i from generate_series(1, {{q}}) i;
        insert into log_group (log_group_name, retention_in_days)
          select 'bench-' || i, 7 from generate_series(1, {{q}}) i;""",
    change="""update bucket set tags = '{"team": "bench", "changed": "yes"}' where name = 'bench-1'""",
    destroy="""
        delete from log_group where log_group_name like 'bench-%';
        delete from queue where name like 'bench-%';
        delete from iam_role where role_name like 'bench-%';
        delete from bucket where name like 'bench-%';""",
    terraform=f"""
        resource "aws_s3_bucket" "bench" {{
          count  = {{q}}
          bucket = "bench-${{count.index + 1}}"
          tags   = {{ team = "bench", changed = count.index == 0 ? "no" : "never" }}
        }}
        resource "aws_iam_role" "bench" {{
          count              = {{q}}
          name               = "bench-${{count.index + 1}}"
          assume_role_policy = {json.dumps(TRUST)}
        }}
        resource "aws_iam_role_policy_attachment" "bench" {{
          count      = {{q}}
          role       = aws_iam_role.bench[count.index].name
          policy_arn = "{POLICY}"
        }}
        resource "aws_sqs_queue" "bench" {{
          count = {{q}}
          name  = "bench-${{count.index + 1}}"
        }}
        resource "aws_cloudwatch_log_group" "bench" {{
          count             = {{q}}
          name              = "bench-${{count.index + 1}}"
          retention_in_days = 7
        }}""",
    changed=('? "no"', '? "yes"'),
    bare=_mixed,
    bare_read=_read_mixed,
    bare_change=_change_mixed,
)  # fmt: skip

WORKLOADS = {workload.name: workload for workload in (W1, W2)}
