"""Values of columns about which AWS's model says too little: formats that it keeps to itself, and documents."""

from __future__ import annotations

import json
from itertools import count
from typing import Any

from hypothesis import strategies as st

NAMES = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=8, max_size=20)
POLICY_ARNS = [f"arn:aws:iam::aws:policy/{name}" for name in ("ReadOnlyAccess", "AmazonS3ReadOnlyAccess")]


def queue_policy(principal: str) -> dict[str, Any]:
    """A policy of a queue."""
    statement = {
        "Sid": "a",
        "Effect": "Allow",
        "Principal": {"AWS": principal},
        "Action": "sqs:SendMessage",
        "Resource": "*",
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def key_policy(action: str) -> dict[str, Any]:
    """A policy of a key; one that lets nobody change it is refused."""
    who = {"AWS": "arn:aws:iam::123456789012:root"}
    return {"Version": "2012-10-17", "Statement": [
        {"Sid": "a", "Effect": "Allow", "Principal": who, "Action": action, "Resource": "*"}]}  # fmt: skip


def entry(number: int, egress: bool) -> dict[str, Any]:
    """One entry of a network ACL."""
    ports = {"PortRange": {"From": 80, "To": 80 + number}}
    rest = {"Protocol": "6", "RuleAction": "allow", "CidrBlock": "10.0.0.0/8"}
    return {"RuleNumber": number, "Egress": egress, **rest, **ports}


def encrypted(algorithm: str) -> dict[str, Any]:
    """The encryption of a bucket."""
    return {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": algorithm}, "BucketKeyEnabled": False}]}


def topic_policy(action: str) -> str:
    """A policy of a topic."""
    statement = {"Sid": "a", "Effect": "Allow", "Principal": "*", "Action": action, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def retries(number: int) -> str:
    """How often a topic tries an HTTP delivery again."""
    policy = {"numRetries": number, "minDelayTarget": 20, "maxDelayTarget": 20, "backoffFunction": "linear"}
    return json.dumps({"http": {"defaultHealthyRetryPolicy": policy, "disableSubscriptionOverrides": False}})


def units(number: int) -> dict[str, int]:
    """What a DynamoDB table provides."""
    return {"ReadCapacityUnits": number, "WriteCapacityUnits": number + 1}


DATA = "arn:aws:dataprotection::aws:data-identifier"
PROTECTION = {"Name": "p", "Version": "2021-06-01", "Statement": [
    {"DataDirection": "Inbound", "Principal": ["*"], "DataIdentifier": [f"{DATA}/Name"],
     "Operation": {"Deny": {}}}]}  # fmt: skip


def stage(name: str, category: str, provider: str) -> dict[str, Any]:
    """A stage of a pipeline with one action."""
    kind = {"category": category, "owner": "AWS", "provider": provider, "version": "1"}
    action = {"name": name, "actionTypeId": kind, "runOrder": 1, "configuration": {"A": "1"}}
    return {"name": name, "actions": [action | {"inputArtifacts": [], "outputArtifacts": []}]}


STAGES = [stage("Source", "Source", "S3"), stage("Deploy", "Deploy", "CodeDeploy")]
ZIP = "UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA=="
"""An empty zip file."""

ENTRIES = st.lists(st.integers(1, 99), min_size=1, max_size=3, unique=True).map(
    lambda numbers: [entry(number, number % 2 == 0) for number in sorted(numbers)]
)
ENDPOINT_POLICIES = st.sampled_from(["*", "arn:aws:iam::123456789012:root"]).map(
    lambda who: {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": who}, "Action": "*", "Resource": "*"}]}
)  # fmt: skip

ATTACHED = st.sets(st.sampled_from(POLICY_ARNS), min_size=1).map(sorted)
ALLOWED = st.sampled_from(["s3:GetObject", "s3:PutObject"]).map(
    lambda action: {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]}
)
LABELS = st.from_regex(r"[a-z][a-z0-9]{0,10}", fullmatch=True)
NUMBERS = count(1)
SAMPLES: dict[tuple[str, str], st.SearchStrategy[Any]] = {
    ("bucket", "name"): NAMES.map(lambda name: f"iasql-{name}"),
    ("bucket", "policy"): st.sampled_from(["s3:GetObject", "s3:PutObject"]).map(
        lambda action: {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": "*", "Action": action, "Resource": "*"}]}
    ),
    ("bucket", "encryption"): st.sampled_from(["AES256", "aws:kms"]).map(encrypted),
    ("iam_role", "path"): st.sampled_from(["/", "/service/", "/a/b/"]),
    ("iam_user", "path"): st.sampled_from(["/", "/people/", "/a/b/"]),
    ("iam_group", "path"): st.sampled_from(["/", "/team/", "/a/b/"]),
    ("iam_policy", "path"): st.sampled_from(["/", "/team/", "/a/b/"]),
    ("iam_instance_profile", "path"): st.sampled_from(["/", "/team/", "/a/b/"]),
    ("iam_role", "attached_policies_arns"): ATTACHED,
    ("iam_user", "attached_policies_arns"): ATTACHED,
    ("iam_group", "attached_policies_arns"): ATTACHED,
    ("iam_policy", "policy_document"): ALLOWED,
    ("iam_role_policy", "policy_document"): ALLOWED,
    ("iam_user_policy", "policy_document"): ALLOWED,
    ("iam_group_policy", "policy_document"): ALLOWED,
    ("queue", "policy"): st.sampled_from(["*", "123456789012"]).map(queue_policy),
    ("repository", "repository_name"): NAMES,
    ("public_repository", "repository_name"): NAMES,
    ("repository", "encryption_configuration"): st.just({"encryptionType": "AES256"}),
    ("repository_policy", "policy"): st.sampled_from(["ecr:BatchGetImage", "ecr:PutImage"]).map(
        lambda action: {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": [action]}]}
    ),
    ("cluster", "cluster_name"): NAMES,
    ("task_definition", "family"): NAMES,
    ("service", "name"): NAMES,
    ("service", "desired_count"): st.integers(0, 3),
    ("service", "subnets"): st.just(["subnet-0123456789abcdef0"]),
    ("container_definition", "env_variables"): st.just({"A": "1"}),
    ("lambda_function", "name"): NAMES,
    ("codedeploy_application", "name"): NAMES,
    ("codedeploy_deployment_group", "name"): NAMES,
    ("codedeploy_deployment_group", "deployment_style"): st.just(
        {"deploymentType": "IN_PLACE", "deploymentOption": "WITHOUT_TRAFFIC_CONTROL"}
    ),
    ("codedeploy_deployment_group", "ec2_tag_filters"): st.just([{"Key": "a", "Value": "1", "Type": "KEY_AND_VALUE"}]),
    ("pipeline_declaration", "name"): NAMES,
    ("pipeline_declaration", "artifact_store"): st.sampled_from(["bucket-a", "bucket-b"]).map(
        lambda bucket: {"type": "S3", "location": bucket}
    ),
    ("pipeline_declaration", "stages"): st.just(STAGES),
    ("lambda_function", "zip_b64"): st.just(ZIP),
    ("lambda_function", "handler"): st.sampled_from(["app.go", "app.come"]),
    ("lambda_function", "environment"): st.sampled_from([{"A": "1"}, {"B": "2", "C": "3"}]),
    ("codebuild_project", "project_name"): NAMES.map(lambda name: f"p{name}"),
    ("codebuild_project", "source_type"): st.sampled_from(["GITHUB", "CODEPIPELINE"]),
    ("codebuild_project", "environment_variables"): st.just({"A": "1"}),
    ("vpc", "cidr_block"): st.sampled_from(["10.0.0.0/16", "10.0.0.0/17"]),
    ("subnet", "cidr_block"): st.integers(0, 127).map(lambda part: f"10.0.{part}.0/24"),
    ("dhcp_options", "dhcp_configurations"): st.integers(1, 254).map(
        lambda part: [{"Key": "domain-name-servers", "Values": [f"10.2.5.{part}"]}]
    ),
    ("network_acl", "entries"): ENTRIES,
    ("peering_connection", "accepter_region"): st.just("us-east-1"),
    ("route", "destination"): st.integers(1, 200).map(lambda part: f"172.16.{part}.0/24"),
    ("endpoint_gateway", "policy"): ENDPOINT_POLICIES,
    ("endpoint_interface", "policy"): ENDPOINT_POLICIES,
    ("load_balancer", "load_balancer_name"): NAMES,
    ("load_balancer", "attributes"): st.just([{"Key": "idle_timeout.timeout_seconds", "Value": "30"}]),
    ("target_group", "target_group_name"): NAMES,
    ("dynamo_table", "table_name"): NAMES,
    ("dynamo_table", "throughput"): st.just("PAY_PER_REQUEST") | st.integers(1, 99).map(units),
    ("dynamo_table", "primary_key"): st.sampled_from([{"id": "S"}, {"id": "S", "at": "N"}, {"at": "N", "id": "B"}]),
    ("dynamo_table", "partition_key"): st.sampled_from(["id", "at"]),
    ("dynamo_table", "kms_master_key_id"): st.none(),
    ("secret", "name"): NAMES,
    ("secret", "kms_key_id"): st.just("alias/mine"),
    # the stand-in keeps what is being deleted for ever, and a name is free again only when it is gone
    ("cache_cluster", "cluster_id"): NAMES.map(lambda name: f"c{name[:8]}-{next(NUMBERS)}"),
    ("cache_cluster", "node_type"): st.sampled_from(["cache.t3.micro", "cache.m6g.large"]),
    ("memory_db_cluster", "cluster_name"): NAMES.map(lambda name: f"c{name}"),
    ("memory_db_cluster", "kms_key_id"): st.none(),
    ("memory_db_cluster", "acl_name"): st.just("open-access"),
    ("subnet_group", "subnet_group_name"): NAMES,
    ("rds", "db_instance_identifier"): NAMES.map(lambda name: f"d{name}"),
    ("rds", "engine"): st.just("postgres"),
    ("rds", "allocated_storage"): st.integers(20, 1000),
    ("rds", "master_username"): NAMES.map(lambda name: f"u{name}"),
    ("rds", "master_user_password"): NAMES.map(lambda name: f"secret-{name}"),
    ("db_cluster", "master_username"): NAMES.map(lambda name: f"u{name}"),
    ("db_cluster", "master_user_password"): NAMES.map(lambda name: f"secret-{name}"),
    ("rds", "db_instance_class"): st.sampled_from(["db.t3.micro", "db.m5.large"]),
    ("rds", "engine_version"): st.none(),
    ("rds", "kms_key_id"): st.none(),
    ("rds", "preferred_backup_window"): st.just("03:00-03:30"),
    ("rds", "deletion_protection"): st.just(False),
    # the stand-in keeps a snapshot of a deleted cluster, named after it and the minute
    ("db_cluster", "db_cluster_identifier"): NAMES.map(lambda name: f"d{name[:8]}-{next(NUMBERS)}"),
    ("db_cluster", "db_cluster_instance_class"): st.just("db.m5d.large"),
    ("db_cluster", "engine_version"): st.none(),
    ("db_cluster", "kms_key_id"): st.none(),
    ("db_cluster", "preferred_backup_window"): st.just("03:00-03:30"),
    ("db_cluster", "deletion_protection"): st.just(False),
    ("db_cluster", "allocated_storage"): st.integers(100, 65_000),
    ("db_cluster", "iops"): st.integers(1000, 256_000),
    ("db_subnet_group", "name"): NAMES,
    ("parameter_group", "name"): NAMES.map(lambda name: f"p{name}"),
    ("parameter_group", "parameters"): st.none(),  # tests/declarations/test_round_trip_aws_rds
    ("domain", "domain_name"): NAMES.map(lambda name: f"d{name}"),
    ("domain", "ebs_options"): st.just({"EBSEnabled": True, "VolumeSize": 10, "VolumeType": "gp3"}),
    ("domain", "kms_key_id"): st.none(),
    ("domain", "fine_grained_access_control_user_arn"): st.none(),
    ("domain", "fine_grained_access_control_master_username"): st.just("ann"),
    ("domain", "fine_grained_access_control_master_password"): NAMES.map(lambda name: f"Secret-{name}-1"),
    ("topic", "name"): NAMES,
    ("topic", "policy"): st.sampled_from(["sns:Publish", "sns:Subscribe"]).map(topic_policy),
    ("topic", "content_based_deduplication"): st.none(),  # only of a FIFO topic, which never becomes another
    ("topic", "delivery_policy"): st.integers(1, 9).map(retries),
    ("topic", "kms_master_key_id"): st.sampled_from(["alias/aws/sns", "alias/mine"]),
    ("topic", "data_protection_policy"): st.just(PROTECTION),
    ("subscription", "protocol"): st.just("email"),
    ("subscription", "endpoint"): NAMES.map(lambda name: f"{name}@example.com"),
    ("api", "cors_configuration"): st.just({"AllowOrigins": ["*"]}),
    ("distribution", "caller_reference"): NAMES,
    ("distribution", "origins"): st.just({}),
    ("distribution", "default_cache_behavior"): st.just({}),
    ("hosted_zone", "domain_name"): LABELS,
    ("resource_record_set", "name"): LABELS,
    ("resource_record_set", "record"): st.sampled_from(["1.2.3.4", "1.2.3.4\n10.0.0.1"]),
    ("resource_record_set", "ttl"): st.integers(1, 86400),
    ("kms_key", "key_usage"): st.just("ENCRYPT_DECRYPT"),
    ("kms_key", "key_spec"): st.just("SYMMETRIC_DEFAULT"),
    ("kms_key", "multi_region"): st.just(False),
    ("kms_key", "policy"): st.sampled_from(["kms:*", "kms:Get*"]).map(key_policy),
    ("kms_alias", "alias_name"): NAMES.map(lambda name: f"alias/{name}"),
    ("ssm_parameter", "name"): NAMES.map(lambda name: f"/app/{name}"),
    ("ssm_parameter", "value"): NAMES,
    ("ssm_parameter", "tier"): st.just("Standard"),
    ("ssm_parameter", "data_type"): st.just("text"),
    ("launch_template", "launch_template_name"): NAMES,
    ("launch_template", "data"): st.sampled_from(["t3.micro", "t3.small"]).map(
        lambda kind: {"ImageId": "ami-1e749f67", "InstanceType": kind}
    ),
    ("launch_template", "user_data"): st.text("abc \n", min_size=1),
    ("auto_scaling_group", "auto_scaling_group_name"): NAMES,
    ("auto_scaling_group", "launch_template_version"): st.sampled_from(["$Default", "$Latest", "1"]),
    ("auto_scaling_group", "target_group_arns"): st.none(),
    ("auto_scaling_group", "health_check_type"): st.sampled_from(["EC2", "ELB"]),
    ("auto_scaling_group", "termination_policies"): st.sampled_from([["OldestInstance"], ["Default"]]),
    ("instance", "ami"): st.just("ami-1e749f67"),
    ("instance", "instance_type"): st.sampled_from(["t3.micro", "t3.small", "m5.large"]),
    ("instance", "key_pair_name"): st.none(),
    ("instance", "state"): st.sampled_from(["running", "stopped"]),
    ("instance", "user_data"): st.text("abc \n", min_size=1),
    ("instance_block_device_mapping", "device_name"): st.sampled_from(["/dev/sdf", "/dev/sdg"]),
}  # fmt: skip
"""(table, column) -> values."""
