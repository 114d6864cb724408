"""Domains of OpenSearch and their places in a VPC go to a stand-in of AWS and come back."""

from __future__ import annotations

from typing import Any

import pytest

from iasql.cloud import reader, writer
from tests.declarations.stand_in import HERE, RESOURCES, THERE, Cloud, agrees
from tests.unit.cloud.canned import Canned

POLICY = {"Version": "2012-10-17", "Statement": []}
DOMAIN = {"domain_name": "logs", "version": "OpenSearch_2.5", "availability_zone_count": 2,
          "instance_type": "t3.small.search", "instance_count": 2, "access_policy": POLICY,
          "ebs_options": {"EBSEnabled": True, "VolumeSize": 10}}  # fmt: skip
PLAIN = DOMAIN | {"region": HERE, "auto_tune": True, "enable_fine_grained_access_control": False}
PASSWORD = "Secret-enough-1"


@pytest.mark.parametrize("region", [HERE, THERE])
def test_domain(cloud: Cloud, region: str) -> None:
    row = cloud.create("domain", region, auto_tune=True, encryption_at_rest=True, tags={"a": "1"}, **DOMAIN)
    assert agrees(row, auto_tune=True, encryption_at_rest=True, node_to_node_encryption=False, cold_storage=False,
                  tags={"a": "1"}, region=region, **DOMAIN)  # fmt: skip
    assert row["endpoint"]
    change = {"availability_zone_count": 1, "instance_type": "m6g.large.search", "instance_count": 3,
              "dedicated_master_type": "m6g.large.search", "dedicated_master_count": 3,
              "warm_instance_type": "ultrawarm1.medium.search", "warm_instance_count": 2, "cold_storage": True,
              "custom_endpoint": "logs.a.example", "node_to_node_encryption": True}  # fmt: skip
    row = cloud.update("domain", row, region, tags={"b": "2"}, **change)
    assert agrees(row, tags={"b": "2"}, version="OpenSearch_2.5", **change)
    nothing = dict.fromkeys(("custom_endpoint", "dedicated_master_type", "warm_instance_type", "tags"))
    row = cloud.update("domain", row, region, **nothing)
    assert agrees(
        row, custom_endpoint=None, dedicated_master_type=None, warm_instance_type=None, warm_instance_count=None
    )
    assert not row["tags"]
    cloud.delete("domain", row, region)


def test_places_in_a_vpc(cloud: Cloud) -> None:
    vpc = next(row["vpc_id"] for row in cloud.all("vpc") if row["is_default"])
    group, other = (
        cloud.create("security_group", group_name=name, description="d", vpc_id=vpc)["group_id"] for name in "ab"
    )
    subnet = next(row["subnet_id"] for row in cloud.all("subnet") if row["default_for_az"])
    along = {"$domain_subnets": [{"subnet_id": subnet}], "$domain_security_groups": [{"security_group_id": group}]}
    cloud.create("domain", auto_tune=True, **DOMAIN, **along)
    assert cloud.all("domain_subnets") == [{"domain_id": "logs", "subnet_id": subnet, "region": HERE}]
    (given,) = cloud.all("domain_security_groups")
    row = cloud.create("domain_security_groups", domain_id="logs", security_group_id=other)
    cloud.delete("domain_security_groups", given)
    assert cloud.all("domain_security_groups") == [row]
    assert [row["subnet_id"] for row in cloud.all("domain_subnets")] == [subnet], "the other set is kept"


def test_users_that_sign_in_get_what_that_needs() -> None:
    user = {"fine_grained_access_control_master_username": "ann",
            "fine_grained_access_control_master_password": PASSWORD}  # fmt: skip
    aws = Canned(CreateDomain={"DomainStatus": {}}, DescribeDomain={"DomainStatus": {"Created": True}})
    secured = {"enable_fine_grained_access_control": True, **user}
    writer.create(aws, RESOURCES["domain"], HERE, PLAIN | secured, "t")
    writer.update(aws, RESOURCES["domain"], HERE, PLAIN, PLAIN | secured, frozenset(secured))
    for operation in ("CreateDomain", "UpdateDomainConfig"):
        (said,) = aws.sent(operation)
        assert said["AdvancedSecurityOptions"] == {
            "Enabled": True, "InternalUserDatabaseEnabled": True,
            "MasterUserOptions": {"MasterUserName": "ann", "MasterUserPassword": PASSWORD},
        }  # fmt: skip
        needed = ("EncryptionAtRestOptions", "NodeToNodeEncryptionOptions")
        assert [said[name] for name in needed] == [{"Enabled": True}] * 2
        assert said["DomainEndpointOptions"]["EnforceHTTPS"]


def test_only_options_that_changed_are_sent() -> None:
    aws = Canned(DescribeDomain={"DomainStatus": {"Created": True}})
    writer.update(aws, RESOURCES["domain"], HERE, PLAIN, PLAIN | {"auto_tune": False}, frozenset({"auto_tune"}))
    assert aws.sent("UpdateDomainConfig") == [{"DomainName": "logs", "AutoTuneOptions": {"DesiredState": "DISABLED"}}]


def test_another_version_upgrades() -> None:
    """The stand-in lacks UpgradeDomain."""
    aws = Canned(DescribeDomain={"DomainStatus": {"Created": True, "UpgradeProcessing": False}})
    later = PLAIN | {"version": "OpenSearch_2.11"}
    writer.update(aws, RESOURCES["domain"], HERE, PLAIN, later, frozenset({"version"}))
    assert aws.operations == ["UpgradeDomain", "DescribeDomain"], "and it is waited for"
    assert aws.sent("UpgradeDomain") == [{"DomainName": "logs", "TargetVersion": "OpenSearch_2.11"}]


@pytest.mark.parametrize(
    ("state", "tuned"), [("ENABLED", True), ("ENABLE_IN_PROGRESS", True), ("DISABLED", False), (None, False)]
)
def test_what_aws_tunes(state: str | None, tuned: bool) -> None:
    told: dict[str, Any] = {
        "DomainName": "logs",
        "ARN": "arn:aws:es:us-east-1:123456789012:domain/logs",
        "ClusterConfig": {"InstanceType": "t3.small.search"},
    }
    told |= {"AutoTuneOptions": {"State": state}} if state else {}
    aws = Canned(ListDomainNames={"DomainNames": [{"DomainName": "logs"}]}, DescribeDomain={"DomainStatus": told})
    (row,) = reader.read_all(aws, RESOURCES["domain"], HERE, {})
    assert row["auto_tune"] is tuned


@pytest.mark.parametrize(
    ("column", "value"), [("version", "2.5"), ("availability_zone_count", 4), ("access_policy", "nothing")]
)
def test_what_opensearch_refuses(column: str, value: Any) -> None:
    faults = RESOURCES["domain"].faults({"region": HERE, column: value}, [column])
    assert [fault.column for fault in faults] == [column]
