"""What the stand-in lacks or does wrongly, and what rows need there.

Each entry names the operation; a test fails once a newer stand-in has it, so that the entry goes.
"""

from __future__ import annotations

import importlib
import inspect

import pytest

from iasql.resource import Image, Resource
from iasql.resource import service as aws

NAMED: dict[tuple[str, str], str] = {
    ("route", "gateway_id"): "internet_gateway",
    ("load_balancer", "subnets"): "subnet",
    ("auto_scaling_group", "subnets"): "subnet",
}
"""Columns that hold another row's cloud id without being a reference."""

NEEDED = {
    ("security_group_rule", "security_group_id"),
    ("route_table_association", "subnet_id"),
    ("target_group", "vpc"),
    ("instance", "subnet_id"),
    ("instance_block_device_mapping", "volume_id"),
    ("registered_instance", "instance"),
    ("registered_instance", "target_group_id"),
    ("kms_alias", "target_key_id"),
    ("service", "cluster_id"),
    ("lambda_function", "role_name"),
    ("pipeline_declaration", "service_role_name"),
    ("service", "task_definition_id"),
    ("subscription", "topic"),
}
"""Columns that may be null in the table, for what AWS lists, and not in a new row."""

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

LACKS: dict[tuple[str, str], str] = {
    ("load_balancer", "attributes"): "DescribeLoadBalancerAttributes tells those that nobody said, too",
    ("auto_scaling_group", "termination_policies"): "UpdateAutoScalingGroup forgets TerminationPolicies",
    ("iam_group", "path"): "UpdateGroup forgets NewPath",
    ("launch_template", "tags"): "CreateTags forgets launch templates",
    ("dhcp_options", "tags"): "CreateDhcpOptions forgets TagSpecifications",
    ("endpoint_interface", "dns_name_record_type"): "CreateVpcEndpoint forgets DnsOptions",
    ("endpoint_interface", "private_dns_enabled"): "ModifyVpcEndpoint forgets PrivateDnsEnabled",
    ("dynamo_table", "table_class"): "CreateTable and UpdateTable forget TableClass",
    ("dynamo_table", "sse_enabled"): "UpdateTable forgets SSESpecification",
    ("secret", "description"): "UpdateSecret takes no empty Description",
    ("domain", "cold_storage"): "UpdateDomainConfig forgets ColdStorageOptions that it is not told",
    ("domain", "auto_tune"): "CreateDomain and UpdateDomainConfig forget DesiredState",
    ("topic", "signature_version"): "GetTopicAttributes does not tell SignatureVersion",
    ("topic", "tracing_config"): "GetTopicAttributes does not tell TracingConfig",
}
"""(table, column) -> the operation that the stand-in lacks, or does wrongly: what is written there is not read back."""

FIXED: dict[tuple[str, str], tuple[str, str]] = {
    ("cache_cluster", "node_type"): ("elasticache", "ModifyCacheCluster"),
    ("cache_cluster", "num_nodes"): ("elasticache", "ModifyCacheCluster"),
    ("subnet_group", "description"): ("memorydb", "UpdateSubnetGroup"),
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

NOTHING = {
    "lambda_function_security_groups": "its function must be in a VPC: tests/declarations/test_round_trip_aws_lambda",
    "memory_db_cluster_security_groups": (
        "UpdateCluster forgets SecurityGroupIds: tests/declarations/test_round_trip_aws_memory_db"
    ),
    "domain_subnets": "its domain must be in a VPC: tests/declarations/test_round_trip_aws_opensearch",
    "domain_security_groups": "its domain must be in a VPC: tests/declarations/test_round_trip_aws_opensearch",
    "alias_target": "it is a part of records: tests/declarations/test_round_trip_route53",
    "graphql_api": "DeleteGraphqlApi fails on what is gone: tests/declarations/test_round_trip_edge",
}
"""Table -> why a row of it cannot come and go here by itself, and where it does."""
LOSES = {"db_subnet_group": "ModifyDBSubnetGroup loses the group: tests/declarations/test_round_trip_aws_rds"}
"""Table -> why a row of it is not changed here, and where it is."""

APART = {("rds", "db_cluster_id"): "a cluster makes its instances, of its own engine"}
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
