"""Where CloudFormation's published schema of a type has another role for a column, the declaration says why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from iasql.modules import discover
from iasql.resource import Resource
from iasql.resource.check import disagreements

manager = pytest.importorskip("cfnlint.schema.manager").PROVIDER_SCHEMA_MANAGER

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
}
NAMES = {
    "lambda_function": "Function",
    "codebuild_project": "Project",
    "codedeploy_application": "Application",
    "codedeploy_deployment_group": "DeploymentGroup",
    "pipeline_declaration": "Pipeline",
    "iam_role": "Role",
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
    "access_key",
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
    "key_pair",
    "load_balancer_security_groups",
    "registered_instance",
    "ssm_parameter",
    "public_access_block",
    "container_definition",
    "codebuild_build_list",
    "codedeploy_deployment",
    "lambda_function_security_groups",
    "source_credentials_list",
    "repository_image",
    "repository_policy",
    "security_group_rule",
    "service_security_groups",
}
"""Tables that are part of another type there, or of none."""

RESOURCES = {r.table: r for module in discover().values() for r in module.resources if r.service}


def schema(resource: Resource) -> Mapping[str, Any]:
    """CloudFormation's schema of the type that a resource is there."""
    known = {name.lower(): name for name in manager.get_resource_types("us-east-1")}
    name = NAMES.get(resource.table, resource.row.__name__)
    wanted = resource.cloud_formation or f"AWS::{SERVICES[resource.service or '']}::{name}"
    found: Mapping[str, Any] = manager.get_resource_schema("us-east-1", known[wanted.lower()]).schema
    return found


@pytest.mark.parametrize("table", [table for table in RESOURCES if table not in UNPUBLISHED])
def test_a_role_that_cloud_formation_contradicts_is_explained(table: str) -> None:
    resource = RESOURCES[table]
    assert [str(problem) for problem in disagreements(resource, schema(resource))] == []
