"""What the stand-in lacks or does wrongly, and what rows need there.

Each entry names the operation; a test fails once a newer stand-in has it, so that the entry goes.
"""

from __future__ import annotations

import importlib
import inspect

import attrs
import pytest

from iasql.resource import Image, Resource
from iasql.resource import service as aws

NAMED: dict[tuple[str, str], str] = {
    ("route", "gateway_id"): "internet_gateway",
}
"""Columns that hold another row's cloud id without being a reference."""

NEEDED = {
    ("target_group", "vpc"): "a trigger puts the default VPC there",
    ("load_balancer", "subnets"): "a trigger puts those of the default VPC there",
    ("service", "cluster_id"): "null is the cluster `default`, which the stand-in does not make",
}
"""Columns that may be null in a new row of the table's, and not in a call to the stand-in: why."""

SERVICES = ["codepipeline.amazonaws.com", "ec2.amazonaws.com"]
ALLOWED = [{"Effect": "Allow", "Principal": {"Service": name}, "Action": "sts:AssumeRole"} for name in SERVICES]
TRUST = {"Version": "2012-10-17", "Statement": ALLOWED}
PARENTS: dict[str, Image] = {
    "iam_role": {"assume_role_policy_document": TRUST},  # whom the role of a pipeline, or of an instance, trusts
    "bucket": {"versioning_status": None},  # one that keeps versions is never empty again, and cannot be deleted
    "hosted_zone": {"domain_name": "a.example."},  # its records are below it
    "instance": {"state": "running", "role_name": None},  # one that takes requests runs
    "target_group": {"target_type": "instance"},
}
"""What rows are that others refer to."""


@attrs.frozen
class Lack:
    """What is written to a column and not read back: why, and what shows it: a new row's values, and a change."""

    why: str
    new: Image
    change: Image = attrs.field(factory=dict)


LACKS: dict[tuple[str, str], Lack] = {
    ("load_balancer", "attributes"): Lack(
        "DescribeLoadBalancerAttributes tells those that nobody said, too, as AWS does",
        {"attributes": [{"Key": "idle_timeout.timeout_seconds", "Value": "30"}]},
    ),
    ("auto_scaling_group", "termination_policies"): Lack(
        "UpdateAutoScalingGroup forgets TerminationPolicies",
        {"termination_policies": ["OldestInstance"]}, {"termination_policies": ["NewestInstance"]},
    ),
    ("iam_group", "path"): Lack("UpdateGroup forgets NewPath", {"path": "/a/"}, {"path": "/b/"}),
    ("launch_template", "tags"): Lack("CreateTags forgets launch templates", {"tags": {"a": "1"}}),
    ("dhcp_options", "tags"): Lack("CreateDhcpOptions forgets TagSpecifications", {"tags": {"a": "1"}}),
    ("endpoint_interface", "dns_name_record_type"): Lack(
        "CreateVpcEndpoint forgets DnsOptions", {"dns_name_record_type": "ipv4"}
    ),
    ("endpoint_interface", "private_dns_enabled"): Lack(
        "ModifyVpcEndpoint forgets PrivateDnsEnabled", {"private_dns_enabled": True}, {"private_dns_enabled": False}
    ),
    ("dynamo_table", "table_class"): Lack(
        "CreateTable and UpdateTable forget TableClass", {"table_class": "STANDARD_INFREQUENT_ACCESS"}
    ),
    ("dynamo_table", "sse_enabled"): Lack(
        "UpdateTable forgets SSESpecification", {"sse_enabled": True}, {"sse_enabled": False}
    ),
    ("secret", "description"): Lack(
        "UpdateSecret takes no empty Description", {"description": "d"}, {"description": None}
    ),
    ("domain", "cold_storage"): Lack(
        "UpdateDomainConfig forgets ColdStorageOptions that it is not told",
        {"cold_storage": True}, {"warm_instance_type": None, "warm_instance_count": None, "cold_storage": False},
    ),
    ("domain", "auto_tune"): Lack("CreateDomain forgets DesiredState", {"auto_tune": False}),
    ("topic", "signature_version"): Lack(
        "GetTopicAttributes does not tell SignatureVersion", {"signature_version": "2"}
    ),
    ("topic", "tracing_config"): Lack("GetTopicAttributes does not tell TracingConfig", {"tracing_config": "Active"}),
}  # fmt: skip
"""(table, column) -> what the stand-in does wrongly there."""

FIXED: dict[tuple[str, str], tuple[str, str]] = {
    ("cache_cluster", "node_type"): ("elasticache", "ModifyCacheCluster"),
    ("cache_cluster", "num_nodes"): ("elasticache", "ModifyCacheCluster"),
    ("subnet_group", "description"): ("memorydb", "UpdateSubnetGroup"),
    ("subnet_group", "subnets"): ("memorydb", "UpdateSubnetGroup"),
    ("domain", "version"): ("opensearch", "UpgradeDomain"),
}
"""(table, column) -> service and operation that would change it and that the stand-in lacks altogether."""

STATED: dict[str, Image] = {
    # CreateProject wants a location even of what has none, and does not know the containers of Windows Server 2019
    "codebuild_project": {"source_type": "GITHUB", "environment_type": "LINUX_CONTAINER"},
}
"""Values that the stand-in takes no other than, by what it does wrongly."""

MISSING: dict[str, tuple[str, str]] = {
    "public_repository": ("ecr-public", "CreateRepository"),
    "codebuild_build_list": ("codebuild", "BatchDeleteBuilds"),
    "codedeploy_application": ("codedeploy", "DeleteApplication"),
    "codedeploy_deployment_group": ("codedeploy", "DeleteDeploymentGroup"),
    "source_credentials_list": ("codebuild", "ListSourceCredentials"),
}
"""Table -> service and operation that the stand-in lacks altogether; tests/declarations answers it by itself."""

UNTOLD: dict[str, tuple[str, str]] = {
    "public_repository": ("ecr-public", "DescribeRepositories"),
    "source_credentials_list": ("codebuild", "ListSourceCredentials"),
}
"""Table -> service and operation that tells its rows and that the stand-in lacks."""

NOTHING = {
    "memory_db_cluster_security_groups": (
        "UpdateCluster forgets SecurityGroupIds: tests/declarations/test_round_trip_aws_memory_db"
    ),
    "alias_target": "it is a part of records: tests/declarations/test_round_trip_route53",
}
"""Table -> why a row of it cannot come and go here by itself, and where it does."""

ALONE = {
    "registered_instance": "RegisterTargets knows a target by its instance alone, whatever the port",
}
"""Table -> why what replaces a row is not made beside it."""

ONCE = {
    ("vpc", "dhcp_options_id"): "DeleteVpc takes the options along",
    ("nat_gateway", "elastic_ip_id"): "DeleteNatGateway does not free the address of a public one",
}
"""Columns that name rows which serve once: why."""

AGAIN = {
    "db_cluster": "CreateDBCluster makes a snapshot, named by the minute, which DeleteDBCluster leaves",
}
"""Table -> why a row of the same name is not made at once again."""

GONE = {"graphql_api": "DeleteGraphqlApi fails on what is gone"}
"""Table -> why a row is not deleted twice."""

LOSES = {"db_subnet_group": "ModifyDBSubnetGroup loses the group: tests/declarations/test_round_trip_aws_rds"}
"""Table -> why a row of it is not changed here, and where it is."""

APART = {
    ("rds", "db_cluster_id"): "a cluster makes its instances, of its own engine",
    ("general_purpose_volume", "snapshot_id"): "CreateVolume knows snapshots that exist, and no table makes one",
}
"""Columns that a new row here leaves null, and why."""

WITHOUT: dict[tuple[str, str], tuple[str, str]] = {
    ("codebuild_project", "update"): ("codebuild", "UpdateProject"),
}
"""Table and verb -> service and operation that the stand-in lacks for it; tests/declarations answers it by itself."""


def has(service: str, operation: str) -> bool:
    """Whether the stand-in has an operation."""
    try:
        module = importlib.import_module(f"moto.{FOLDERS.get(service, service.replace('-', ''))}.responses")
    except ModuleNotFoundError:
        return False
    return any(hasattr(part, aws.snake(operation)) for part in vars(module).values() if inspect.isclass(part))


FOLDERS = {"lambda": "awslambda"}


def skip_missing(resource: Resource) -> None:
    if resource.table in NOTHING:
        pytest.skip(NOTHING[resource.table])
    if resource.table in MISSING:
        pytest.skip("the stand-in has no {}:{}".format(*MISSING[resource.table]))
