"""Every declared resource against a stand-in of AWS: created, read back, changed, read back, deleted."""

from __future__ import annotations

import json
from typing import Any

import pytest

from iasql.resource import Image
from tests.declarations.stand_in import HERE, RESOURCES, THERE, Cloud, agrees

LAMBDA, EC2 = "lambda.amazonaws.com", "ec2.amazonaws.com"
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
BILLING = "arn:aws:iam::aws:policy/job-function/Billing"


def policy(service: str) -> dict[str, Any]:
    allow = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return {"Version": "2012-10-17", "Statement": [allow]}


def test_regions(cloud: Cloud) -> None:
    assert {"us-east-1", "eu-west-1"} <= {row["region"] for row in cloud.all("aws_regions")}


@pytest.mark.parametrize("region", [HERE, THERE])
def test_bucket(cloud: Cloud, region: str) -> None:
    row = cloud.create("bucket", region, name="a-bucket", tags={"a": "1"}, versioning_status="Enabled")
    assert agrees(row, name="a-bucket", region=region, tags={"a": "1"}, versioning_status="Enabled", policy=None)
    assert row["created_at"]
    cloud.create("bucket", region, name="a-bucket-and-more")
    encryption = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}
    everybody = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a-bucket/*"}
    public = {"Version": "2012-10-17", "Statement": [everybody]}
    row = cloud.update("bucket", row, region, tags={"b": "2"}, policy=public, encryption=encryption)
    assert agrees(row, tags={"b": "2"}, policy=public, versioning_status="Enabled")
    assert row["encryption"]["Rules"][0]["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    row = cloud.update("bucket", row, region, tags=None, policy=None, encryption=None, versioning_status=None)
    assert agrees(row, tags=None, policy=None, encryption=None, versioning_status="Suspended")
    cloud.delete("bucket", row, region)


def test_buckets_of_other_regions_are_theirs(cloud: Cloud) -> None:
    cloud.create("bucket", THERE, name="there")
    assert cloud.all("bucket", HERE) == []
    assert [row["name"] for row in cloud.all("bucket", THERE)] == ["there"]


def test_public_access_block_and_website(cloud: Cloud) -> None:
    cloud.create("bucket", name="a-bucket")
    block = cloud.create("public_access_block", bucket_name="a-bucket", block_public_acls=False,
                         ignore_public_acls=True, block_public_policy=False, restrict_public_buckets=True)  # fmt: skip
    assert agrees(block, block_public_acls=False, ignore_public_acls=True, block_public_policy=False)
    assert agrees(cloud.update("public_access_block", block, block_public_acls=True), block_public_acls=True,
                  block_public_policy=False)  # fmt: skip
    cloud.delete("public_access_block", block)
    site = cloud.create("bucket_website", bucket_name="a-bucket", index_document="index.html")
    assert agrees(site, index_document="index.html", error_document=None)
    site = cloud.update("bucket_website", site, error_document="404.html")
    assert agrees(site, index_document="index.html", error_document="404.html")
    cloud.delete("bucket_website", site)


def test_bucket_object(cloud: Cloud) -> None:
    cloud.create("bucket", THERE, name="a-bucket")
    cloud.client("s3", THERE).put_object(Bucket="a-bucket", Key="k", Body=b"x")
    (row,) = cloud.all("bucket_object", THERE)
    assert agrees(row, bucket_name="a-bucket", key="k", region=THERE)
    assert row["e_tag"]
    cloud.delete("bucket_object", cloud.read("bucket_object", row, THERE), THERE)
    assert RESOURCES["bucket_object"].create is None


@pytest.mark.aws_policies
def test_role(cloud: Cloud) -> None:
    row = cloud.create("iam_role", role_name="r", assume_role_policy_document=policy(EC2), description="d",
                       attached_policies_arns=[READ_ONLY], tags={"a": "1"}, path="/p/")  # fmt: skip
    assert agrees(row, assume_role_policy_document=policy(EC2), description="d", tags={"a": "1"}, path="/p/",
                  attached_policies_arns=[READ_ONLY], max_session_duration=3600)  # fmt: skip
    profiles = cloud.client("iam").list_instance_profiles()["InstanceProfiles"]
    assert [(p["InstanceProfileName"], p["Roles"][0]["RoleName"]) for p in profiles] == [("r", "r")]
    row = cloud.update("iam_role", row, assume_role_policy_document=policy(LAMBDA), tags=None,
                       attached_policies_arns=[BILLING], description=None, max_session_duration=7200)  # fmt: skip
    assert agrees(row, assume_role_policy_document=policy(LAMBDA), tags=None, attached_policies_arns=[BILLING],
                  max_session_duration=7200)  # fmt: skip
    assert not row["description"]
    assert cloud.client("iam").list_instance_profiles()["InstanceProfiles"] == []
    row = cloud.update("iam_role", row, assume_role_policy_document=policy(EC2))
    cloud.delete("iam_role", row)
    assert cloud.client("iam").list_instance_profiles()["InstanceProfiles"] == []


def test_service_linked_role_stays(cloud: Cloud) -> None:
    cloud.client("iam").create_service_linked_role(AWSServiceName="autoscaling.amazonaws.com")
    stays = RESOURCES["iam_role"].stays
    assert stays is not None
    assert [bool(stays(row)) for row in cloud.all("iam_role")] == [True]


@pytest.mark.aws_policies
def test_user_and_access_key(cloud: Cloud) -> None:
    row = cloud.create("iam_user", user_name="u", path="/a/", attached_policies_arns=[READ_ONLY], tags={"a": "1"})
    assert agrees(row, path="/a/", attached_policies_arns=[READ_ONLY], tags={"a": "1"})
    row = cloud.update("iam_user", row, path="/b/", attached_policies_arns=None, tags={"a": "2"})
    assert agrees(row, path="/b/", attached_policies_arns=None, tags={"a": "2"})
    iam = cloud.client("iam")
    iam.create_login_profile(UserName="u", Password="a-Long-0ne!")
    iam.create_access_key(UserName="u")
    (key,) = cloud.all("access_key")
    assert agrees(key, user_name="u", status="Active")
    key = cloud.update("access_key", key, status="Inactive")
    assert agrees(key, status="Inactive")
    cloud.delete("access_key", key)
    cloud.delete("iam_user", row)


def test_queue(cloud: Cloud) -> None:
    row = cloud.create("queue", name="q", fifo_queue=False, visibility_timeout=40, delay_seconds=0,
                       receive_message_wait_time_seconds=0, message_retention_period=345600,
                       maximum_message_size=262144, tags={"a": "1"})  # fmt: skip
    assert agrees(row, name="q", fifo_queue=False, visibility_timeout=40, tags={"a": "1"}, maximum_message_size=262144,
                  approximate_number_of_messages=0, policy=None)  # fmt: skip
    allow = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage",
                                                     "Resource": row["arn"]}]}  # fmt: skip
    row = cloud.update("queue", row, delay_seconds=5, policy=allow, tags={"b": "2"})
    assert agrees(row, delay_seconds=5, policy=allow, visibility_timeout=40, tags={"b": "2"})
    assert agrees(cloud.update("queue", row, policy=None), policy=None)
    cloud.delete("queue", row)


def test_fifo_queue(cloud: Cloud) -> None:
    row = cloud.create("queue", THERE, name="q.fifo", fifo_queue=True)
    assert agrees(row, name="q.fifo", fifo_queue=True, region=THERE)
    cloud.delete("queue", row, THERE)


def test_log_group(cloud: Cloud) -> None:
    row = cloud.create("log_group", log_group_name="/a", retention_in_days=7, tags={"a": "1"})
    assert agrees(row, retention_in_days=7, tags={"a": "1"})
    assert row["log_group_arn"]
    assert row["creation_time"]
    row = cloud.update("log_group", row, retention_in_days=None, tags={"b": "2"})
    assert agrees(row, retention_in_days=None, tags={"b": "2"})
    cloud.create("log_group", log_group_name="/a/b")
    cloud.delete("log_group", row)


def test_metric_alarm(cloud: Cloud) -> None:
    dimensions = [{"Name": "InstanceId", "Value": "i-1"}]
    row = cloud.create("metric_alarm", alarm_name="a", comparison_operator="GreaterThanThreshold", period=60,
                       evaluation_periods=1, metric_name="m", namespace="n", statistic="Sum", threshold=3.5,
                       actions_enabled=False, dimensions=dimensions, ok_actions=["arn:aws:sns:us-east-1:1:t"],
                       alarm_description="d", treat_missing_data="notBreaching", unit="Count")  # fmt: skip
    assert agrees(row, threshold=3.5, actions_enabled=False, dimensions=dimensions, unit="Count",
                  ok_actions=["arn:aws:sns:us-east-1:1:t"], treat_missing_data="notBreaching")  # fmt: skip
    row = cloud.update("metric_alarm", row, threshold=4.0, ok_actions=None, alarm_description=None)
    assert agrees(row, threshold=4.0, statistic="Sum", dimensions=dimensions)
    assert not row["ok_actions"]
    assert not row["alarm_description"]
    cloud.delete("metric_alarm", row)


def network(cloud: Cloud, region: str = HERE, block: str = "10.1.0.0/16") -> str:
    return str(cloud.create("vpc", region, cidr_block=block)["vpc_id"])


def subnet(cloud: Cloud, vpc: str, block: str = "10.1.1.0/24") -> Image:
    return cloud.create("subnet", vpc_id=vpc, cidr_block=block, availability_zone="us-east-1a")


def main_table(cloud: Cloud, vpc: str) -> Image:
    return next(row for row in cloud.all("route_table") if row["vpc_id"] == vpc and row["is_main"])


def test_availability_zone(cloud: Cloud) -> None:
    row = next(row for row in cloud.all("availability_zone", THERE) if row["name"] == "eu-west-1a")
    assert agrees(row, region=THERE)


def test_vpc(cloud: Cloud) -> None:
    row = cloud.create("vpc", cidr_block="10.1.0.0/16", enable_dns_hostnames=True, enable_dns_support=True,
                       tags={"Name": "n"})  # fmt: skip
    assert agrees(row, cidr_block="10.1.0.0/16", state="available", is_default=False, enable_dns_hostnames=True,
                  enable_dns_support=True, tags={"Name": "n"}, dhcp_options_id=None)  # fmt: skip
    options = cloud.create("dhcp_options", tags={"a": "1"}, dhcp_configurations=[
        {"Key": "domain-name", "Values": ["example.com"]}])  # fmt: skip
    row = cloud.update("vpc", row, enable_dns_hostnames=False, tags={"a": "1"},
                       dhcp_options_id=options["dhcp_options_id"],
                       enable_network_address_usage_metrics=True)  # fmt: skip
    assert agrees(row, enable_dns_hostnames=False, enable_dns_support=True, tags={"a": "1"},
                  enable_network_address_usage_metrics=True, dhcp_options_id=options["dhcp_options_id"])  # fmt: skip
    row = cloud.update("vpc", row, dhcp_options_id=None)
    assert agrees(row, dhcp_options_id=None)
    cloud.delete("vpc", row)
    cloud.delete("dhcp_options", options)


def test_defaults_stay(cloud: Cloud) -> None:
    for table in ("vpc", "subnet", "route_table", "route", "route_table_association", "security_group"):
        stays = RESOURCES[table].stays
        assert stays is not None
        rows = cloud.all(table)
        assert rows
        assert all(stays(row) for row in rows), table


def test_dhcp_options(cloud: Cloud) -> None:
    said = [{"Key": "domain-name-servers", "Values": ["10.0.0.2", "10.0.0.3"]}]
    row = cloud.create("dhcp_options", dhcp_configurations=said)
    assert agrees(row, dhcp_configurations=said)
    cloud.delete("dhcp_options", cloud.update("dhcp_options", row, tags={"a": "1"}))


def test_subnet_and_network_acl(cloud: Cloud) -> None:
    vpc = network(cloud)
    entry = {"CidrBlock": "0.0.0.0/0", "Egress": True, "Protocol": "-1", "RuleAction": "allow", "RuleNumber": 100}
    acl = cloud.create("network_acl", vpc_id=vpc, tags={"a": "1"}, entries=[entry])
    assert agrees(acl, vpc_id=vpc, tags={"a": "1"}, entries=[entry])
    other = entry | {"RuleNumber": 200, "Egress": False}
    acl = cloud.update("network_acl", acl, entries=[entry | {"RuleAction": "deny"}, other])
    assert sorted(e["RuleAction"] for e in acl["entries"]) == ["allow", "deny"]
    acl = cloud.update("network_acl", acl, entries=None)
    assert not acl["entries"]
    row = cloud.create("subnet", vpc_id=vpc, cidr_block="10.1.1.0/24", availability_zone="us-east-1a",
                       network_acl_id=acl["network_acl_id"], tags={"a": "1"})  # fmt: skip
    assert agrees(row, state="available", availability_zone="us-east-1a", network_acl_id=acl["network_acl_id"],
                  tags={"a": "1"}, default_for_az=False)  # fmt: skip
    row = cloud.update("subnet", row, network_acl_id=None, tags=None)
    assert agrees(row, network_acl_id=None, tags=None)
    cloud.delete("subnet", row)
    cloud.delete("network_acl", acl)


def test_internet_gateway(cloud: Cloud) -> None:
    vpc, other = network(cloud), network(cloud)
    row = cloud.create("internet_gateway", vpc_id=vpc, tags={"a": "1"})
    assert agrees(row, vpc_id=vpc, tags={"a": "1"})
    row = cloud.update("internet_gateway", row, vpc_id=other, tags={"a": "2"})
    assert agrees(row, vpc_id=other, tags={"a": "2"})
    row = cloud.update("internet_gateway", row, vpc_id=None)
    assert agrees(row, vpc_id=None)
    cloud.delete("internet_gateway", cloud.update("internet_gateway", row, vpc_id=vpc))


def test_routes(cloud: Cloud) -> None:
    vpc = network(cloud)
    table = cloud.create("route_table", vpc_id=vpc, tags={"a": "1"})
    assert agrees(table, vpc_id=vpc, is_main=False, tags={"a": "1"})
    which = table["route_table_id"]
    one = cloud.create("internet_gateway", vpc_id=vpc)["internet_gateway_id"]
    route = cloud.create("route", route_table_id=which, destination="0.0.0.0/0", gateway_id=one)
    assert agrees(route, gateway_id=one, nat_gateway_id=None)
    nat = cloud.create("nat_gateway", connectivity_type="private", subnet_id=subnet(cloud, vpc)["subnet_id"])
    route = cloud.update("route", route, gateway_id=None, nat_gateway_id=nat["nat_gateway_id"])
    assert agrees(route, gateway_id=None, nat_gateway_id=nat["nat_gateway_id"])
    six = cloud.create("route", route_table_id=which, destination="2001:db8::/32", gateway_id=one)
    cloud.delete("route", six)
    cloud.delete("route", route)
    local = next(row for row in cloud.all("route") if row["route_table_id"] == which)
    assert agrees(local, gateway_id="local", destination="10.1.0.0/16")
    cloud.delete("route_table", cloud.update("route_table", table, tags=None))


def test_route_table_association(cloud: Cloud) -> None:
    vpc = network(cloud)
    one, two = (cloud.create("route_table", vpc_id=vpc)["route_table_id"] for _ in range(2))
    part = subnet(cloud, vpc)["subnet_id"]
    row = cloud.create("route_table_association", route_table_id=one, subnet_id=part, vpc_id=vpc)
    assert agrees(row, route_table_id=one, subnet_id=part, vpc_id=vpc, is_main=False)
    moved = cloud.update("route_table_association", row, route_table_id=two)
    assert agrees(moved, route_table_id=two, subnet_id=part)
    cloud.delete("route_table_association", moved)
    main = next(r for r in cloud.all("route_table_association") if r["vpc_id"] == vpc and r["is_main"])
    assert agrees(cloud.update("route_table_association", main, route_table_id=one), is_main=True, route_table_id=one)
    assert main_table(cloud, vpc)["route_table_id"] == one


def test_elastic_ip_and_nat_gateway(cloud: Cloud) -> None:
    part = subnet(cloud, network(cloud))["subnet_id"]
    address = cloud.create("elastic_ip", tags={"a": "1"})
    assert agrees(address, tags={"a": "1"})
    assert address["public_ip"]
    nat = cloud.create("nat_gateway", connectivity_type="public", subnet_id=part, tags={"a": "1"},
                       elastic_ip_id=address["allocation_id"])  # fmt: skip
    assert agrees(nat, connectivity_type="public", state="available", elastic_ip_id=address["allocation_id"],
                  tags={"a": "1"})  # fmt: skip
    nat = cloud.update("nat_gateway", nat, tags={"b": "2"})
    assert agrees(nat, tags={"b": "2"})
    cloud.delete("nat_gateway", nat)
    cloud.delete("elastic_ip", cloud.update("elastic_ip", address, tags=None))
    made = cloud.create("nat_gateway", connectivity_type="public", subnet_id=part)
    assert made["elastic_ip_id"]


def test_endpoint_gateway(cloud: Cloud) -> None:
    vpc = network(cloud)
    row = cloud.create("endpoint_gateway", vpc_id=vpc, service="s3", tags={"a": "1"})
    assert agrees(row, service="s3", vpc_id=vpc, tags={"a": "1"},
                  route_table_ids=[main_table(cloud, vpc)["route_table_id"]])  # fmt: skip
    table = cloud.create("route_table", vpc_id=vpc)["route_table_id"]
    row = cloud.update("endpoint_gateway", row, route_table_ids=[table], tags={"b": "2"})
    assert agrees(row, route_table_ids=[table], tags={"b": "2"})
    cloud.delete("endpoint_gateway", row)


def test_endpoint_interface(cloud: Cloud) -> None:
    vpc = network(cloud)
    row = cloud.create("endpoint_interface", vpc_id=vpc, service="ec2", tags={"a": "1"}, private_dns_enabled=False,
                       dns_name_record_type="ipv4")  # fmt: skip
    assert agrees(row, service="ec2", vpc_id=vpc, tags={"a": "1"})
    part = subnet(cloud, vpc)["subnet_id"]
    link = cloud.create("endpoint_interface_subnets", endpoint_interface_id=row["vpc_endpoint_id"], subnet_id=part)
    assert cloud.all("endpoint_interface_subnets") == [link]
    cloud.delete("endpoint_interface_subnets", link)
    cloud.delete("endpoint_interface", cloud.update("endpoint_interface", row, tags=None))


@pytest.mark.parametrize("region", [HERE, THERE])
def test_peering_connection(cloud: Cloud, region: str) -> None:
    asks, accepts = network(cloud), network(cloud, region, "10.2.0.0/16")
    row = cloud.create("peering_connection", requester_id=asks, accepter_id=accepts, accepter_region=region,
                       tags={"a": "1"})  # fmt: skip
    assert agrees(row, state="active", requester_id=asks, accepter_id=accepts, region=HERE, accepter_region=region,
                  tags={"a": "1"})  # fmt: skip
    row = cloud.update("peering_connection", row, tags={"b": "2"})
    assert agrees(row, tags={"b": "2"})
    assert cloud.all("peering_connection", THERE) == []
    cloud.delete("peering_connection", row)


def test_security_group(cloud: Cloud) -> None:
    vpc = network(cloud)
    row = cloud.create("security_group", group_name="g", description="d", vpc_id=vpc, tags={"a": "1"})
    assert agrees(row, group_name="g", description="d", vpc_id=vpc, tags={"a": "1"})
    assert [r for r in cloud.all("security_group_rule") if r["security_group_id"] == row["group_id"]] == []
    row = cloud.update("security_group", row, tags={"b": "2"})
    assert agrees(row, tags={"b": "2"})
    cloud.delete("security_group", row)


RULES = {
    "in": {"is_egress": False, "ip_protocol": "tcp", "from_port": 22, "to_port": 22, "cidr_ipv4": "10.0.0.0/8"},
    "out": {"is_egress": True, "ip_protocol": "udp", "from_port": 53, "to_port": 53, "cidr_ipv4": "0.0.0.0/0"},
    "all": {"is_egress": True, "ip_protocol": "-1", "from_port": -1, "to_port": -1, "cidr_ipv4": "0.0.0.0/0"},
    "six": {"is_egress": False, "ip_protocol": "tcp", "from_port": 80, "to_port": 81, "cidr_ipv6": "2001:db8::/32"},
    "list": {"is_egress": True, "ip_protocol": "tcp", "from_port": 443, "to_port": 443, "prefix_list_id": "pl-1"},
}


@pytest.mark.parametrize("name", RULES)
def test_rule(cloud: Cloud, name: str) -> None:
    group = cloud.create("security_group", group_name="g", description="d", vpc_id=network(cloud))["group_id"]
    row = cloud.create("security_group_rule", security_group_id=group, description="one", **RULES[name])
    said = {} if name == "list" else {"description": "one"}  # moto forgets the description of a prefix list
    assert agrees(row, security_group_id=group, source_security_group=None, **said, **RULES[name])
    row = cloud.update("security_group_rule", row, description="two")
    assert agrees(row, description="two", **RULES[name])
    cloud.delete("security_group_rule", row)


def test_rule_of_a_group(cloud: Cloud) -> None:
    vpc = network(cloud)
    one, two = (cloud.create("security_group", group_name=g, description="d", vpc_id=vpc)["group_id"] for g in "ab")
    row = cloud.create("security_group_rule", security_group_id=one, is_egress=False, ip_protocol="tcp", from_port=5432,
                       to_port=5432, source_security_group=two)  # fmt: skip
    assert agrees(row, source_security_group=two, referenced_group_id=two, cidr_ipv4=None, from_port=5432)
    cloud.delete("security_group_rule", row)


def test_images_are_json(cloud: Cloud) -> None:
    for table, resource in RESOURCES.items():
        # the stand-in has no ecr-public, and no ListSourceCredentials of codebuild's
        if resource.list is not None and resource.service != "ecr-public" and table != "source_credentials_list":
            json.dumps(cloud.all(table))
