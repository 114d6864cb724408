"""How columns change that what else a row says keeps from changing by themselves, and which do not change here."""

from __future__ import annotations

from typing import Any

import attrs

from iasql.resource import Image
from property_tests.strategies.forms import BEHAVIOR, SITE
from property_tests.strategies.samples import STAGES


@attrs.frozen
class Change:
    """What a row becomes, with what changes along; of: what it is like before, if it matters."""

    to: Image
    of: Image = attrs.field(factory=dict)


def metric(name: str, expression: str | None = None, *, returns: bool = True) -> dict[str, Any]:
    """One of the metrics that an alarm is over."""
    about = {"Metric": {"Namespace": "iasql", "MetricName": "cpu", "Dimensions": []}, "Period": 60, "Stat": "Sum"}
    what = {"MetricStat": about} if expression is None else {"Expression": expression}
    return {"Id": name, "ReturnData": returns, **what}


NO_ONE = dict.fromkeys(("metric_name", "namespace", "statistic", "period", "dimensions", "unit"))
TOPIC = "arn:aws:sns:us-east-1:123456789012:a"
LAMBDA = "arn:aws:lambda:us-east-1:123456789012:function:f"
NO_SETTINGS: Image = dict.fromkeys(("open_id_connect_config", "lambda_authorizer_config", "user_pool_config"))

SAID: dict[tuple[str, str], Change] = {
    ("api", "route_selection_expression"): Change(
        {"route_selection_expression": "$request.body.kind"}, {"protocol_type": "WEBSOCKET"}
    ),
    ("graphql_api", "authentication_type"): Change(NO_SETTINGS | {"authentication_type": "AWS_IAM"}),
    ("graphql_api", "lambda_authorizer_config"): Change(
        NO_SETTINGS | {"authentication_type": "AWS_LAMBDA", "lambda_authorizer_config": {"authorizerUri": LAMBDA}}
    ),
    ("graphql_api", "open_id_connect_config"): Change(
        NO_SETTINGS
        | {"authentication_type": "OPENID_CONNECT", "open_id_connect_config": {"issuer": "https://b.example"}}
    ),
    ("graphql_api", "user_pool_config"): Change(
        NO_SETTINGS | {"authentication_type": "AMAZON_COGNITO_USER_POOLS", "user_pool_config": {
            "userPoolId": "us-east-1_a", "awsRegion": "us-east-1", "defaultAction": "ALLOW"}}
    ),
    ("metric_alarm", "alarm_actions"): Change({"alarm_actions": [TOPIC]}),
    ("metric_alarm", "ok_actions"): Change({"ok_actions": [TOPIC]}),
    ("metric_alarm", "insufficient_data_actions"): Change({"insufficient_data_actions": [TOPIC]}),
    ("metric_alarm", "comparison_operator"): Change({"comparison_operator": "LessThanThreshold"}),
    ("metric_alarm", "datapoints_to_alarm"): Change({"datapoints_to_alarm": 2}),
    ("metric_alarm", "dimensions"): Change({"dimensions": [{"Name": "a", "Value": "b"}]}),
    ("metric_alarm", "evaluate_low_sample_count_percentile"): Change(
        {"statistic": None, "extended_statistic": "p90", "evaluate_low_sample_count_percentile": "ignore"}
    ),
    ("metric_alarm", "evaluation_periods"): Change({"evaluation_periods": 3}),
    ("metric_alarm", "extended_statistic"): Change({"statistic": None, "extended_statistic": "p95"}),
    ("metric_alarm", "statistic"): Change(
        {"statistic": "Maximum", "extended_statistic": None, "evaluate_low_sample_count_percentile": None}
    ),
    ("metric_alarm", "metric_name"): Change({"metric_name": "disk"}),
    ("metric_alarm", "namespace"): Change({"namespace": "other"}),
    ("metric_alarm", "period"): Change({"period": 120}),
    ("metric_alarm", "threshold"): Change({"threshold": 7.0}),
    ("metric_alarm", "metrics"): Change(NO_ONE | {"metrics": [metric("m1")]}),
    ("metric_alarm", "threshold_metric_id"): Change(
        NO_ONE | {"threshold": None, "comparison_operator": "LessThanLowerThreshold", "threshold_metric_id": "ad",
                  "metrics": [metric("m1"), metric("ad", "ANOMALY_DETECTION_BAND(m1)")]}
    ),
    ("topic", "content_based_deduplication"): Change(
        {"content_based_deduplication": "true"}, {"fifo_topic": True}
    ),
    ("ssm_parameter", "value"): Change({"type": "String", "value": "12", "secret_value": None, "key_id": None}),
    ("dynamo_table", "recovery_period_in_days"): Change(
        {"point_in_time_recovery": True, "recovery_period_in_days": 7}
    ),
    ("general_purpose_volume", "size"): Change({"size": 40}),
    ("auto_scaling_group", "min_size"): Change({"min_size": 1, "max_size": 1, "desired_capacity": 1}),
    ("ssm_parameter", "type"): Change({"type": "StringList", "value": "a,b"}),
    ("ssm_parameter", "key_id"): Change(
        {"type": "SecureString", "value": None, "secret_value": "s", "key_id": "alias/aws/ssm"}
    ),
    ("ssm_parameter", "allowed_pattern"): Change(
        {"type": "String", "value": "12", "secret_value": None, "key_id": None, "allowed_pattern": "[0-9]+"}
    ),
    ("db_cluster", "db_cluster_instance_class"): Change({"db_cluster_instance_class": "db.m5d.xlarge"}),
    ("db_cluster", "engine_version"): Change({"engine_version": "8.0.30"}),
    ("distribution", "alternate_domain_names"): Change({"alternate_domain_names": ["a.example"]}),
    ("distribution", "default_cache_behavior"): Change(
        {"default_cache_behavior": BEHAVIOR | {"ViewerProtocolPolicy": "https-only"}}
    ),
    ("distribution", "origins"): Change(
        {"origins": {"Quantity": 1, "Items": [SITE | {"DomainName": "b.example"}]}}
    ),
    ("distribution", "web_acl_id"): Change({"web_acl_id": "0123-4567"}),
    ("target_group", "health_check_interval_seconds"): Change({"health_check_interval_seconds": 130}),
    ("target_group", "health_check_path"): Change({"health_check_path": "/other"}),
    ("target_group", "health_check_port"): Change({"health_check_port": "8080"}),
    ("target_group", "health_check_protocol"): Change({"health_check_protocol": "HTTPS"}),
    ("auto_scaling_group", "desired_capacity"): Change({"desired_capacity": 0, "min_size": 0, "max_size": 2}),
    ("auto_scaling_group", "health_check_grace_period"): Change({"health_check_grace_period": 90}),
    ("general_purpose_volume", "iops"): Change({"iops": 4000}),
    ("general_purpose_volume", "throughput"): Change({"throughput": 200}),
    ("general_purpose_volume", "volume_type"): Change(
        {"volume_type": "gp2", "iops": None, "throughput": None}, {"tags": None}
    ),
    ("resource_record_set", "health_check_id"): Change({"health_check_id": "0123"}),
    ("pipeline_declaration", "stages"): Change({"stages": [STAGES[0] | {"name": "Fetch"}, STAGES[1]]}),
}  # fmt: skip
"""(table, column) -> a change."""

TRIP = "tests/declarations/test_round_trip"
NO_TARGET = "it leads to what no table makes; botocore's validator takes it: test_declarations_arguments"
STAYS: dict[tuple[str, str], str] = {
    ("vpc", "dhcp_options_id"): f"AssociateDhcpOptions keeps the former set as used: {TRIP}",
    ("route", "gateway_id"): f"it names a gateway that is there: {TRIP}",
    ("dynamo_table", "kms_master_key_id"): "UpdateTable forgets SSESpecification: test_declarations_arguments",
    ("listener", "ssl_policy"): "HTTPS needs a certificate; test_declarations_arguments",
    ("load_balancer", "subnets"): f"SetSubnets wants two zones: {TRIP}_elb",
    ("memory_db_cluster", "acl_name"): "it names one of the lists that there are; test_declarations_arguments",
    ("parameter_group", "parameters"): f"it names parameters of its family: {TRIP}_aws_rds",
    ("resource_record_set", "routing"): f"a record of several has a set_id: {TRIP}_route53",
    ("auto_scaling_group", "capacity_rebalance"): "UpdateAutoScalingGroup forgets it; test_declarations_arguments",
    ("auto_scaling_group", "max_instance_lifetime"): "UpdateAutoScalingGroup forgets it; test_declarations_arguments",
    ("auto_scaling_group", "default_cooldown"): "UpdateAutoScalingGroup forgets it; test_declarations_arguments",
    ("route", "nat_gateway_id"): f"one target in the place of another: {TRIP}",
    ("route", "vpc_peering_connection_id"): NO_TARGET,
    ("route", "egress_only_internet_gateway_id"): NO_TARGET,
    ("route", "transit_gateway_id"): NO_TARGET,
    ("route", "local_gateway_id"): NO_TARGET,
    ("route", "carrier_gateway_id"): NO_TARGET,
    ("route", "network_interface_id"): NO_TARGET,
    ("route", "core_network_arn"): NO_TARGET,
    ("route", "instance_id"): NO_TARGET,
    ("distribution", "custom_ssl_certificate_id"): f"certificates come by a function: {TRIP}_edge",
    ("listener", "certificate_id"): f"certificates come by a function: {TRIP}_acm",
    ("listener", "protocol"): f"HTTPS needs a certificate: {TRIP}_acm",
    ("listener", "action_type"): "there is one",
    ("domain", "endpoint_certificate_id"): "certificates come by a function; test_declarations_arguments",
    ("resource_record_set", "alias_target_id"): f"an alias is no record: {TRIP}_route53",
    ("instance", "role_name"): f"DescribeInstances tells the former profile: {TRIP}_ec2",
    ("dynamo_table", "deletion_protection_enabled"): f"nobody could take it away again: {TRIP}_aws_dynamo",
}
"""(table, column) -> why it is not changed here, and where it is."""

TOGETHER = {
    "domain": "UpdateDomainConfig forgets, or makes up, what else it is not told of a group of options",
}
"""Table -> why its columns change together only: test_declarations_moto."""

FORGETS = {
    ("queue", "policy"): "SetQueueAttributes forgets a Policy that it is not told",
    ("iam_user", "tags"): "UpdateUser makes another ARN, and tags are kept by that",
}
"""(table, column) -> why it is lost when another one changes."""
