"""What the columns of one row have to do with each other, where AWS says it only in prose."""

from __future__ import annotations

from collections.abc import Callable

from iasql.resource import Image
from property_tests.strategies.samples import STAGES

TARGETS = ("cidr_ipv4", "cidr_ipv6", "prefix_list_id", "source_security_group")


def queue(image: Image) -> Image:
    """A FIFO queue's name ends in .fifo."""
    name = str(image["name"])[:60]
    return image | {"name": f"{name}.fifo" if image["fifo_queue"] else name}


def security_group(image: Image) -> Image:
    """`sg-` and `default` begin names of AWS's own."""
    return image | {"group_name": f"g{image['group_name']}", "description": image["description"] or "d"}


def security_group_rule(image: Image) -> Image:
    """A rule names one target, and a range of ports that is one; one for a group is not described: lacks.py."""
    first, last = sorted((image["from_port"] or 80, image["to_port"] or 80))
    group = image.get("source_security_group")
    address = {"cidr_ipv4": image["cidr_ipv4"] or "10.0.0.0/8"}
    one = {"source_security_group": group, "description": None} if group else address
    target = dict.fromkeys(TARGETS) | one
    return image | target | {"from_port": first, "to_port": last, "ip_protocol": image["ip_protocol"] or "tcp"}


def metric_alarm(image: Image) -> Image:
    """An alarm over one metric says all of it, and one statistic."""
    whole = {
        "metric_name": image["metric_name"] or "cpu", "namespace": "iasql", "statistic": image["statistic"] or "Sum",
        "period": 60, "evaluation_periods": 2, "datapoints_to_alarm": 1, "threshold": image["threshold"] or 1.0,
        "comparison_operator": "GreaterThanThreshold", "extended_statistic": None, "metrics": None,
        "threshold_metric_id": None, "evaluate_low_sample_count_percentile": None,
    }  # fmt: skip
    return image | whole


def nat_gateway(image: Image) -> Image:
    """Only a public gateway has an address."""
    return image | ({"elastic_ip_id": None} if image["connectivity_type"] == "private" else {})


def route(image: Image) -> Image:
    """A route leads to one target."""
    others = {name: None for name in image if name.endswith(("_id", "_arn")) and name != "route_table_id"}
    return image | others | {"gateway_id": image.get("gateway_id") or "igw-0123456789abcdef0"}


def bucket_website(image: Image) -> Image:
    """An index document has no slash."""
    return image | {"index_document": str(image["index_document"]).replace("/", "-")}


def dhcp_options(image: Image) -> Image:
    """A set without options is none."""
    options = [{"Key": "domain-name-servers", "Values": ["10.2.5.1"]}]
    return image | {"dhcp_configurations": image["dhcp_configurations"] or options}


def subnet(image: Image) -> Image:
    """Without IPAM a subnet says its addresses."""
    return image | {"cidr_block": image["cidr_block"] or "10.0.1.0/24"}


def target_group(image: Image) -> Image:
    """The protocols fit each other, and checks come to an end before the next begins."""
    whole = {
        "target_type": "ip", "ip_address_type": "ipv4", "protocol": "HTTP", "port": image["port"] or 80,
        "protocol_version": image["protocol_version"] or "HTTP1", "health_check_protocol": "HTTP",
        "health_check_enabled": True, "health_check_interval_seconds": 200, "health_check_path": "/health",
        "health_check_port": "traffic-port",
    }  # fmt: skip
    return image | whole | {"vpc": image["vpc"] or "vpc-0123456789abcdef0"}


def load_balancer(image: Image) -> Image:
    """An application load balancer in one subnet."""
    subnets = image["subnets"] or ["subnet-0123456789abcdef0"]
    return image | {
        "load_balancer_type": "application",
        "scheme": "internal",
        "customer_owned_ipv4_pool": None,
        "subnets": subnets,
    }


def general_purpose_volume(image: Image) -> Image:
    """A volume that grows, and has its speed from AWS."""
    return image | {"volume_type": "gp3", "size": 10 + image["size"] % 90, "iops": None, "throughput": None}


def instance_block_device_mapping(image: Image) -> Image:
    """A device by itself is a disk that is there already."""
    return image | {"volume_id": image["volume_id"] or "vol-0123456789abcdef0"}


def registered_instance(image: Image) -> Image:
    """An instance in a target group."""
    return image | {"port": image["port"] or 80}


def ssm_parameter(image: Image) -> Image:
    """A parameter that is no secret; its value is as its pattern says."""
    plain = {"type": "String", "secret_value": None, "key_id": None, "allowed_pattern": None}
    return image | plain | {"value": image["value"] or "v"}


def kms_alias(image: Image) -> Image:
    """A name of a key."""
    return image | {"target_key_id": image["target_key_id"] or "0123456789abcdef0"}


def auto_scaling_group(image: Image) -> Image:
    """A group that makes no instance yet; its sizes are in order."""
    subnets = image["subnets"] or ["subnet-0123456789abcdef0"]
    sizes = {"min_size": 0, "desired_capacity": 0, "max_size": image["max_size"] % 9 + 1, "max_instance_lifetime": None,
             "capacity_rebalance": None, "default_cooldown": 300, "health_check_grace_period": 60}  # fmt: skip
    return image | sizes | {"subnets": subnets}


def listener(image: Image) -> Image:
    """A port of an application load balancer that needs no certificate."""
    return image | {"protocol": "HTTP", "ssl_policy": None}


CONTAINER = {"name": "web", "image": "nginx", "essential": True, "container_port": 80, "protocol": "tcp"}


def task_definition(image: Image) -> Image:
    """A task definition has containers, and a size."""
    size = image["cpu_memory"] or "vCPU0.25-1GB"
    return image | {"cpu_memory": size, "$container_definition": [CONTAINER]}


def dynamo_table(image: Image) -> Image:
    """The partition key is in the key, and only what is on has settings."""
    first = (
        image["partition_key"] if image["partition_key"] in image["primary_key"] else next(iter(image["primary_key"]))
    )
    period = image["recovery_period_in_days"] if image["point_in_time_recovery"] else None
    protected = {"deletion_protection_enabled": False}  # or nobody could take it away again
    return image | protected | {"partition_key": first, "recovery_period_in_days": period}


def cache_cluster(image: Image) -> Image:
    """Redis has one node in a cluster."""
    count = min(image["num_nodes"] or 1, 40) if image["engine"] == "memcached" else 1
    return image | {"num_nodes": max(count, 1), "node_type": image["node_type"] or "cache.t3.micro"}


def topic(image: Image) -> Image:
    """A FIFO topic's name ends in .fifo, and it has no data protection."""
    fifo = {"name": f"{image['name']}.fifo", "data_protection_policy": None}
    return image | (fifo if image["fifo_topic"] else {})


def subscription(image: Image) -> Image:
    """A subscription is to a topic."""
    return image | {"topic": image["topic"] or "arn:aws:sns:us-east-1:123456789012:t"}


def hosted_zone(image: Image) -> Image:
    """A zone with a dot at the end of its name."""
    return image | {"domain_name": f"{image['domain_name']}.example."}


def alias_target(image: Image) -> Image:
    """What leads to a load balancer, or to a site of CloudFront."""
    if image["load_balancer_id"] is not None:
        return image | {"dns_name": None, "target_hosted_zone_id": None}
    return image | {"dns_name": "d1.cloudfront.net", "target_hosted_zone_id": "Z2FDTNDATAQYW2"}


def resource_record_set(image: Image) -> Image:
    """A record with values, or an alias."""
    alias = image["alias_target_id"] is not None
    values = (
        {"record": None, "ttl": None} if alias else {"record": image["record"] or "1.2.3.4", "ttl": image["ttl"] or 60}
    )
    name = f"{image['name']}.a.example."
    return image | values | {"name": name, "record_type": "A", "set_id": "", "routing": None, "health_check_id": None}


def lambda_function(image: Image) -> Image:
    """A function has code, which is called somehow, in some language."""
    said = {"handler": image["handler"] or "app.go", "runtime": image["runtime"] or "python3.12"}
    return image | said | {"subnets": None, "description": image["description"] or "d"}


def codebuild_project(image: Image) -> Image:
    """Sources of GitHub are somewhere."""
    github = image["source_type"] == "GITHUB"
    return image | {"build_spec": None if github else "version: 0.2",
                    "source_location": "https://github.com/iasql/iasql.git" if github else None}  # fmt: skip


def deployment_group(image: Image) -> Image:
    """CodeDeploy reads the instances by a role."""
    return image | {"role_name": image["role_name"] or "arn:aws:iam::123456789012:role/deploys"}


def api(image: Image) -> Image:
    """An HTTP API, or one of WebSockets, which tells requests apart and has no pages of other sites to think of."""
    sockets = image["protocol_type"] == "WEBSOCKET"
    fits = {"cors_configuration": None} if sockets else {}
    chosen = {"route_selection_expression": "$request.body.action" if sockets else None}
    return image | fits | chosen | {"name": image["name"] or "a", "protocol_type": image["protocol_type"] or "HTTP"}


def graphql_api(image: Image) -> Image:
    """Those who ask are told apart in one way, which has its own settings."""
    issuer = {"issuer": "https://a.example"} if image["authentication_type"] == "OPENID_CONNECT" else None
    return image | {"open_id_connect_config": issuer, "lambda_authorizer_config": None, "user_pool_config": None}


NONE = {"Quantity": 0}
NOBODY = {"Enabled": False, "Quantity": 0, "Items": []}
BEHAVIOR = {
    "TargetOriginId": "site", "TrustedSigners": NOBODY, "TrustedKeyGroups": NOBODY, "ViewerProtocolPolicy": "allow-all",
    "AllowedMethods": {"Quantity": 2, "Items": ["HEAD", "GET"],
                       "CachedMethods": {"Quantity": 2, "Items": ["GET", "HEAD"]}},
    "SmoothStreaming": False, "Compress": True, "LambdaFunctionAssociations": NONE, "FunctionAssociations": NONE,
    "FieldLevelEncryptionId": "", "RealtimeLogConfigArn": "", "CachePolicyId": "",
    "ForwardedValues": {"QueryString": False, "Cookies": {"Forward": "none"}},
    "MinTTL": 0, "DefaultTTL": 0, "MaxTTL": 0,
}  # fmt: skip
"""What a distribution does with requests, said whole: CloudFront tells its defaults, too."""

SITE = {
    "Id": "site", "DomainName": "a.example", "OriginPath": "", "CustomHeaders": {"Quantity": 0, "Items": []},
    "CustomOriginConfig": {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "http-only",
                           "OriginSslProtocols": {"Quantity": 1, "Items": ["TLSv1.2"]}, "OriginReadTimeout": 30,
                           "OriginKeepaliveTimeout": 5},
    "ConnectionAttempts": 3, "ConnectionTimeout": 10, "OriginShield": {"Enabled": False},
}  # fmt: skip
"""Where it fetches what it serves, said whole."""


def distribution(image: Image) -> Image:
    """A distribution of one site."""
    fixed = {"origins": {"Quantity": 1, "Items": [SITE]}, "default_cache_behavior": BEHAVIOR}
    return image | fixed | {"alternate_domain_names": None, "web_acl_id": None}


def database(image: Image) -> Image:
    """A new database has somebody who may do everything in it."""
    user = {"master_username": image["master_username"] or "ann"}
    return image | user | {"master_user_password": image["master_user_password"] or "secret-enough"}


def domain(image: Image) -> Image:
    """What there are none of has no number, and who signs in has a name and a password."""
    warm, master = image["warm_instance_type"], image["dedicated_master_type"]
    user, word = "fine_grained_access_control_master_username", "fine_grained_access_control_master_password"
    secure = image["enable_fine_grained_access_control"]
    needed = {"encryption_at_rest": True, "node_to_node_encryption": True} if secure else {}
    return (
        image
        | needed
        | {
            "warm_instance_count": 2 if warm else None,
            "cold_storage": image["cold_storage"] if warm else False,
            "dedicated_master_count": 3 if master else None,
            user: "ann" if secure else None,
            word: (image[word] or "Secret-enough-1") if secure else None,
        }
    )


FORMS: dict[str, Callable[[Image], Image]] = {
    "cache_cluster": cache_cluster,
    "db_cluster": database,
    "rds": database,
    "domain": domain,
    "dynamo_table": dynamo_table,
    "subscription": subscription,
    "topic": topic,
    "dhcp_options": dhcp_options,
    "queue": queue,
    "lambda_function": lambda_function,
    "codebuild_project": codebuild_project,
    "codedeploy_deployment_group": deployment_group,
    "pipeline_declaration": lambda image: image | {"stages": image["stages"] or STAGES, "oauth_token": None},
    "task_definition": task_definition,
    "subnet": subnet,
    "security_group": security_group,
    "security_group_rule": security_group_rule,
    "metric_alarm": metric_alarm,
    "nat_gateway": nat_gateway,
    "route": route,
    "bucket_website": bucket_website,
    "target_group": target_group,
    "load_balancer": load_balancer,
    "general_purpose_volume": general_purpose_volume,
    "instance_block_device_mapping": instance_block_device_mapping,
    "registered_instance": registered_instance,
    "ssm_parameter": ssm_parameter,
    "kms_alias": kms_alias,
    "auto_scaling_group": auto_scaling_group,
    "listener": listener,
    "api": api,
    "graphql_api": graphql_api,
    "distribution": distribution,
    "hosted_zone": hosted_zone,
    "alias_target": alias_target,
    "resource_record_set": resource_record_set,
}
"""Table -> what makes of independent columns a row that AWS would take."""
