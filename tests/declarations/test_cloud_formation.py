"""Where CloudFormation's published schema of a type has another role for a column, the declaration says why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

from iasql.modules import discover
from iasql.resource import Resource
from iasql.resource.check import disagreements

SERVICES = {
    "acm": "CertificateManager",
    "cloudfront": "CloudFront",
    "cloudwatch": "CloudWatch",
    "dynamodb": "DynamoDB",
    "autoscaling": "AutoScaling",
    "ec2": "EC2",
    "ecr": "ECR",
    "ecr-public": "ECR",
    "ecs": "ECS",
    "elasticache": "ElastiCache",
    "lambda": "Lambda",
    "codebuild": "CodeBuild",
    "codedeploy": "CodeDeploy",
    "codepipeline": "CodePipeline",
    "elbv2": "ElasticLoadBalancingV2",
    "kms": "KMS",
    "iam": "IAM",
    "logs": "Logs",
    "route53": "Route53",
    "memorydb": "MemoryDB",
    "opensearch": "OpenSearchService",
    "rds": "RDS",
    "s3": "S3",
    "secretsmanager": "SecretsManager",
    "sns": "SNS",
    "sqs": "SQS",
    "ssm": "SSM",
}
NAMES = {
    "security_group_rule": "SecurityGroupIngress",
    "source_credentials_list": "SourceCredential",
    "ssm_parameter": "Parameter",
    "lambda_function": "Function",
    "codebuild_project": "Project",
    "codedeploy_application": "Application",
    "codedeploy_deployment_group": "DeploymentGroup",
    "pipeline_declaration": "Pipeline",
    "iam_group": "Group",
    "iam_group_policy": "GroupPolicy",
    "iam_instance_profile": "InstanceProfile",
    "iam_policy": "ManagedPolicy",
    "iam_role": "Role",
    "iam_role_policy": "RolePolicy",
    "iam_user_policy": "UserPolicy",
    "iam_user": "User",
    "resource_record_set": "RecordSet",
    "elastic_ip": "EIP",
    "kms_alias": "Alias",
    "kms_key": "Key",
    "dynamo_table": "Table",
    "general_purpose_volume": "Volume",
    "instance_block_device_mapping": "VolumeAttachment",
    "memory_db_cluster": "Cluster",
    "parameter_group": "DBParameterGroup",
    "rds": "DBInstance",
    "metric_alarm": "Alarm",
    "network_acl": "NetworkAcl",
    "peering_connection": "VPCPeeringConnection",
    "route_table_association": "SubnetRouteTableAssociation",
    "endpoint_gateway": "VPCEndpoint",
    "endpoint_interface": "VPCEndpoint",
}
UNPUBLISHED = {
    "availability_zone",
    "alias_target",
    "aws_regions",
    "bucket_object",
    "bucket_website",
    "db_cluster_security_groups",
    "domain_security_groups",
    "domain_subnets",
    "memory_db_cluster_security_groups",
    "rds_security_groups",
    "endpoint_interface_subnets",
    "instance_metadata",
    "instance_security_groups",
    "load_balancer_security_groups",
    "registered_instance",
    "public_access_block",
    "container_definition",
    "codebuild_build_list",
    "codedeploy_deployment",
    "lambda_function_security_groups",
    "repository_image",
    "repository_policy",
    "service_security_groups",
}
"""Tables that are part of another type there, or of none."""

RESOURCES = {r.table: r for module in discover().values() for r in module.resources if r.service}


def schema(resource: Resource) -> Mapping[str, Any]:
    """CloudFormation's schema of the type that a resource is there."""
    known = {name.lower(): name for name in PROVIDER_SCHEMA_MANAGER.get_resource_types("us-east-1")}
    name = NAMES.get(resource.table, resource.row.__name__)
    wanted = resource.cloud_formation or f"AWS::{SERVICES[resource.service or '']}::{name}"
    found: Mapping[str, Any] = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", known[wanted.lower()]).schema
    return found


@pytest.mark.parametrize("table", [table for table in RESOURCES if table not in UNPUBLISHED])
def test_a_role_that_cloud_formation_contradicts_is_explained(table: str) -> None:
    resource = RESOURCES[table]
    assert [str(problem) for problem in disagreements(resource, schema(resource))] == []


@pytest.mark.parametrize("table", sorted(UNPUBLISHED))
def test_what_is_said_to_be_no_type_of_its_own_is_none(table: str) -> None:
    service = SERVICES.get(RESOURCES[table].service or "", "")
    published = {name.lower() for name in PROVIDER_SCHEMA_MANAGER.get_resource_types("us-east-1")}
    words = (table.replace("_", ""), table.partition("_")[2].replace("_", ""))
    assert [word for word in words if f"aws::{service}::{word}".lower() in published] == []
