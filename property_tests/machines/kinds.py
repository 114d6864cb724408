"""The resource types that the machine plays with: few, cheap to make, and each of another shape.

A kind says which columns it moves, what they may hold, and how somebody else at work in the account makes, changes,
removes and reads such resources with boto3. The cloud's names are the model's: a rule names its group by group id.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import attrs

Value: TypeAlias = Any
Values: TypeAlias = dict[str, Value]
Aws: TypeAlias = Callable[[str], Any]
"""Gives a boto3 client for a service."""

PREFIX = "pm-"
OURS = "iasql:"
NAMES = ("pm-a", "pm-b", "pm-c")
MIRRORS = {"from_port": "to_port"}
"""Columns that move with another one."""
TAGS = (None, {"t": "1"}, {"t": "2"}, {"t": "1", "u": "1"})


@attrs.frozen(kw_only=True)
class Kind:
    """One resource type.

    named    the columns that a person tells two of them apart by; keyed: they are the primary key
    values   column -> what it may hold; fixed: the columns among them whose change makes a new resource
    has_arn  whether a row whose key moves takes along what tells which resource it was
    stamped  whether a row holds the moment at which it was written until the cloud tells when it was made
    by_name  whether the cloud knows it by these columns too, so that one made again is the same one
    apart    the columns that AWS keeps behind a call of their own, which a change of others does not ask
    """

    table: str
    named: tuple[str, ...]
    values: dict[str, tuple[Value, ...]]
    fixed: frozenset[str]
    keyed: bool = False
    has_arn: bool = False
    stamped: bool = False
    by_name: bool = True
    apart: frozenset[str] = frozenset()
    parent: str | None = None
    extra: Values = attrs.field(factory=dict)
    make: Callable[[Aws, Values], str | None]
    change: Callable[[Aws, str | None, Values, str], None]
    remove: Callable[[Aws, str | None, Values], None]
    read: Callable[[Aws], list[tuple[str | None, Values]]]

    @property
    def played(self) -> tuple[str, ...]:
        """The columns that the machine writes."""
        return (*self.named, *self.values, *(MIRRORS[column] for column in self.values if column in MIRRORS))

    def name(self, values: Values) -> tuple[Value, ...]:
        """What tells it from others of its kind."""
        return (self.table, *(values[column] for column in self.named))


def pairs(tags: Value) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in (tags or {}).items()]


def plain(tags: list[dict[str, str]]) -> Value:
    return {each["Key"]: each["Value"] for each in tags if not each["Key"].startswith(OURS)} or None


# --- a queue: known by a URL, told and set attribute by attribute ---

ATTRIBUTES = {"visibility_timeout": "VisibilityTimeout", "delay_seconds": "DelaySeconds"}


def make_queue(aws: Aws, values: Values) -> str | None:
    # the table's default, which is not AWS's
    told = {"MaximumMessageSize": "262144"} | {m: str(values[column]) for column, m in ATTRIBUTES.items()}
    answer = aws("sqs").create_queue(QueueName=values["name"], Attributes=told, tags=values["tags"] or {})
    return str(answer["QueueUrl"])


def change_queue(aws: Aws, cloud_id: str | None, values: Values, column: str) -> None:
    sqs, url = aws("sqs"), url_of(aws, values)
    if column != "tags":
        sqs.set_queue_attributes(QueueUrl=url, Attributes={ATTRIBUTES[column]: str(values[column])})
        return
    had = sqs.list_queue_tags(QueueUrl=url).get("Tags", {})
    if had:
        sqs.untag_queue(QueueUrl=url, TagKeys=list(had))
    if values["tags"]:
        sqs.tag_queue(QueueUrl=url, Tags=values["tags"])


def remove_queue(aws: Aws, cloud_id: str | None, values: Values) -> None:
    aws("sqs").delete_queue(QueueUrl=url_of(aws, values))


def url_of(aws: Aws, values: Values) -> str:
    return str(aws("sqs").get_queue_url(QueueName=values["name"])["QueueUrl"])


def read_queues(aws: Aws) -> list[tuple[str | None, Values]]:
    sqs = aws("sqs")
    found: list[tuple[str | None, Values]] = []
    for url in sqs.list_queues().get("QueueUrls", []):
        told = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        values = {column: int(told[member]) for column, member in ATTRIBUTES.items()}
        tags = sqs.list_queue_tags(QueueUrl=url).get("Tags") or None
        found.append((None, {"name": url.rpartition("/")[2], "tags": tags, **values}))
    return found


QUEUE = Kind(
    table="queue",
    named=("name",),
    values={"name": NAMES, "visibility_timeout": (30, 45, 60), "delay_seconds": (0, 5), "tags": TAGS},
    fixed=frozenset({"name"}),
    apart=frozenset({"tags"}),
    make=make_queue,
    change=change_queue,
    remove=remove_queue,
    read=read_queues,
)


# --- a log group: known by its name, which is not its primary key (the stand-in never forgets a deleted one's tags) ---


def make_log_group(aws: Aws, values: Values) -> str | None:
    aws("logs").create_log_group(logGroupName=values["log_group_name"])
    change_log_group(aws, None, values, "retention_in_days")
    return None


def change_log_group(aws: Aws, cloud_id: str | None, values: Values, column: str) -> None:
    logs, name = aws("logs"), values["log_group_name"]
    if values[column] is None:
        logs.delete_retention_policy(logGroupName=name)
    else:
        logs.put_retention_policy(logGroupName=name, retentionInDays=values[column])


def remove_log_group(aws: Aws, cloud_id: str | None, values: Values) -> None:
    aws("logs").delete_log_group(logGroupName=values["log_group_name"])


def read_log_groups(aws: Aws) -> list[tuple[str | None, Values]]:
    found = aws("logs").describe_log_groups()["logGroups"]
    return [
        (None, {"log_group_name": each["logGroupName"], "retention_in_days": each.get("retentionInDays")})
        for each in found
    ]


LOG_GROUP = Kind(
    table="log_group",
    named=("log_group_name",),
    values={"log_group_name": NAMES, "retention_in_days": (None, 1, 7)},
    fixed=frozenset({"log_group_name"}),
    make=make_log_group,
    change=change_log_group,
    remove=remove_log_group,
    read=read_log_groups,
)


# --- a user: global, its name is the primary key (in the stand-in it loses its tags when its path changes) ---


def make_user(aws: Aws, values: Values) -> str | None:
    aws("iam").create_user(UserName=values["user_name"], Path=values["path"])
    return None


def change_user(aws: Aws, cloud_id: str | None, values: Values, column: str) -> None:
    aws("iam").update_user(UserName=values["user_name"], NewPath=values["path"])


def remove_user(aws: Aws, cloud_id: str | None, values: Values) -> None:
    aws("iam").delete_user(UserName=values["user_name"])


def read_users(aws: Aws) -> list[tuple[str | None, Values]]:
    return [(None, {"user_name": each["UserName"], "path": each["Path"]}) for each in aws("iam").list_users()["Users"]]


USER = Kind(
    table="iam_user",
    named=("user_name",),
    values={"user_name": NAMES, "path": ("/", "/x/", "/y/")},
    fixed=frozenset({"user_name"}),
    keyed=True,
    has_arn=True,
    stamped=True,
    make=make_user,
    change=change_user,
    remove=remove_user,
    read=read_users,
)


# --- a bucket: of a region, its name is the primary key, everything else behind calls of its own ---


def make_bucket(aws: Aws, values: Values) -> str | None:
    aws("s3").create_bucket(Bucket=values["name"])
    change_bucket(aws, None, values, "versioning_status")
    return None


def change_bucket(aws: Aws, cloud_id: str | None, values: Values, column: str) -> None:
    asked = {"Status": values["versioning_status"]}
    aws("s3").put_bucket_versioning(Bucket=values["name"], VersioningConfiguration=asked)


def remove_bucket(aws: Aws, cloud_id: str | None, values: Values) -> None:
    aws("s3").delete_bucket(Bucket=values["name"])


def read_buckets(aws: Aws) -> list[tuple[str | None, Values]]:
    s3 = aws("s3")
    names = [each["Name"] for each in s3.list_buckets()["Buckets"]]
    return [
        (None, {"name": name, "versioning_status": s3.get_bucket_versioning(Bucket=name).get("Status")})
        for name in names
    ]


BUCKET = Kind(
    table="bucket",
    named=("name",),
    values={"name": NAMES, "versioning_status": ("Enabled", "Suspended")},
    fixed=frozenset({"name"}),
    keyed=True,
    make=make_bucket,
    change=change_bucket,
    remove=remove_bucket,
    read=read_buckets,
)


# --- a security group: AWS gives it an id, others refer to it ---


def vpc(aws: Aws) -> str:
    return str(aws("ec2").describe_vpcs(Filters=[{"Name": "isDefault", "Values": ["true"]}])["Vpcs"][0]["VpcId"])


def make_group(aws: Aws, values: Values) -> str | None:
    ec2 = aws("ec2")
    made = ec2.create_security_group(GroupName=values["group_name"], Description=values["description"], VpcId=vpc(aws))
    group = str(made["GroupId"])
    if values["tags"]:
        ec2.create_tags(Resources=[group], Tags=pairs(values["tags"]))
    everything = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    ec2.revoke_security_group_egress(GroupId=group, IpPermissions=everything)
    return group


def change_group(aws: Aws, cloud_id: str | None, values: Values, column: str) -> None:
    ec2 = aws("ec2")
    had = ec2.describe_tags(Filters=[{"Name": "resource-id", "Values": [cloud_id]}])["Tags"]
    if had:
        ec2.delete_tags(Resources=[cloud_id], Tags=[{"Key": each["Key"]} for each in had])
    if values["tags"]:
        ec2.create_tags(Resources=[cloud_id], Tags=pairs(values["tags"]))


def remove_group(aws: Aws, cloud_id: str | None, values: Values) -> None:
    aws("ec2").delete_security_group(GroupId=cloud_id)


def read_groups(aws: Aws) -> list[tuple[str | None, Values]]:
    return [
        (
            each["GroupId"],
            {
                "group_name": each["GroupName"],
                "description": each["Description"],
                "tags": plain(each.get("Tags", [])),
            },
        )
        for each in aws("ec2").describe_security_groups()["SecurityGroups"]
        if each["GroupName"] != "default"
    ]


GROUP = Kind(
    table="security_group",
    named=("group_name",),
    values={"group_name": NAMES, "description": ("one", "two"), "tags": TAGS},
    fixed=frozenset({"group_name", "description"}),
    by_name=False,
    make=make_group,
    change=change_group,
    remove=remove_group,
    read=read_groups,
)


# --- a rule: refers to a group, has no name of its own ---

SOURCE = "10.0.0.0/8"


def make_rule(aws: Aws, values: Values) -> str | None:
    ranges = {"CidrIp": SOURCE, "Description": values["description"]}
    port = values["from_port"]
    asked = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": [ranges]}
    answer = aws("ec2").authorize_security_group_ingress(GroupId=values["security_group_id"], IpPermissions=[asked])
    return str(answer["SecurityGroupRules"][0]["SecurityGroupRuleId"])


def change_rule(aws: Aws, cloud_id: str | None, values: Values, column: str) -> None:
    port, told = values["from_port"], values["description"]
    rule = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "CidrIpv4": SOURCE, "Description": told}
    aws("ec2").modify_security_group_rules(
        GroupId=values["security_group_id"],
        SecurityGroupRules=[{"SecurityGroupRuleId": cloud_id, "SecurityGroupRule": rule}],
    )


def remove_rule(aws: Aws, cloud_id: str | None, values: Values) -> None:
    aws("ec2").revoke_security_group_ingress(GroupId=values["security_group_id"], SecurityGroupRuleIds=[cloud_id])


def read_rules(aws: Aws) -> list[tuple[str | None, Values]]:
    ours = {group for group, _ in read_groups(aws)}
    return [
        (
            each["SecurityGroupRuleId"],
            {
                "security_group_id": each["GroupId"],
                "from_port": each["FromPort"],
                "description": each.get("Description"),
            },
        )
        for each in aws("ec2").describe_security_group_rules()["SecurityGroupRules"]
        if each["GroupId"] in ours
    ]


RULE = Kind(
    table="security_group_rule",
    named=("security_group_id", "from_port"),
    values={"from_port": (22, 443), "description": ("one", "two")},
    fixed=frozenset({"security_group_id", "from_port"}),
    by_name=False,
    parent="security_group",
    extra={"is_egress": False, "ip_protocol": "tcp", "cidr_ipv4": SOURCE},
    make=make_rule,
    change=change_rule,
    remove=remove_rule,
    read=read_rules,
)

KINDS = {kind.table: kind for kind in (QUEUE, LOG_GROUP, USER, BUCKET, GROUP, RULE)}
"""By table, what others refer to first."""
