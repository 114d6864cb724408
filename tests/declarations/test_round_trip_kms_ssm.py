"""Keys, their aliases, and parameters against a stand-in of AWS."""

from __future__ import annotations

from typing import Any

import pytest

from tests.declarations.stand_in import HERE, RESOURCES, THERE, Cloud, agrees


def policy(cloud: Cloud, action: str) -> dict[str, Any]:
    who = "arn:aws:iam::123456789012:root"
    return {"Version": "2012-10-17", "Statement": [
        {"Sid": "a", "Effect": "Allow", "Principal": {"AWS": who}, "Action": action, "Resource": "*"}]}  # fmt: skip


@pytest.mark.parametrize("region", [HERE, THERE])
def test_key_and_alias(cloud: Cloud, region: str) -> None:
    row = cloud.create("kms_key", region, description="d", key_usage="ENCRYPT_DECRYPT", tags={"a": "1"},
                       key_rotation_enabled=True, policy=policy(cloud, "kms:*"), enabled=True)  # fmt: skip
    assert agrees(row, description="d", key_usage="ENCRYPT_DECRYPT", key_spec="SYMMETRIC_DEFAULT", tags={"a": "1"},
                  key_rotation_enabled=True, enabled=True, key_manager="CUSTOMER", policy=policy(cloud, "kms:*"),
                  region=region)  # fmt: skip
    row = cloud.update("kms_key", row, region, description=None, key_rotation_enabled=False, tags={"b": "2"},
                       policy=policy(cloud, "kms:Get*"), enabled=False)  # fmt: skip
    assert agrees(row, key_rotation_enabled=False, enabled=False, tags={"b": "2"}, policy=policy(cloud, "kms:Get*"))
    assert not row["description"]
    row = cloud.update("kms_key", row, region, enabled=True)
    assert agrees(row, enabled=True)
    other = cloud.create("kms_key", region, key_spec="RSA_2048", key_usage="SIGN_VERIFY")
    assert agrees(other, key_spec="RSA_2048", key_usage="SIGN_VERIFY")
    alias = cloud.create("kms_alias", region, alias_name="alias/mine", target_key_id=row["key_id"])
    assert agrees(alias, target_key_id=row["key_id"], region=region)
    alias = cloud.update("kms_alias", alias, region, target_key_id=other["key_id"])
    assert agrees(alias, target_key_id=other["key_id"])
    cloud.delete("kms_alias", alias, region)
    cloud.delete("kms_key", row, region)


def test_what_services_name_stays(cloud: Cloud) -> None:
    stays = RESOURCES["kms_alias"].stays
    assert stays is not None
    assert stays({"alias_name": "alias/aws/s3"})
    assert RESOURCES["kms_alias"].faults({"alias_name": "alias/aws/s3"}, ["alias_name"])


@pytest.mark.parametrize("region", [HERE, THERE])
def test_parameter(cloud: Cloud, region: str) -> None:
    row = cloud.create("ssm_parameter", region, name="/app/level", type="String", value="one", description="d",
                       tags={"a": "1"})  # fmt: skip
    assert agrees(row, name="/app/level", type="String", value="one", description="d", tags={"a": "1"}, version=1)
    row = cloud.update("ssm_parameter", row, region, value="two", tags=None)
    assert agrees(row, value="two", version=2, tags=None)
    cloud.create("ssm_parameter", region, name="/app/levels", type="StringList", value="a,b")
    cloud.delete("ssm_parameter", row, region)


def test_secret_parameter(cloud: Cloud) -> None:
    row = cloud.create("ssm_parameter", name="/app/password", type="SecureString", secret_value="hush")
    assert agrees(row, type="SecureString", value=None)
    assert "secret_value" not in row or row["secret_value"] is None

    def told() -> str:
        ssm = cloud.client("ssm")
        return str(ssm.get_parameter(Name="/app/password", WithDecryption=True)["Parameter"]["Value"])

    assert told() == "hush"
    row = cloud.update("ssm_parameter", row, description="what nobody may see")
    assert told() == "hush"
    cloud.update("ssm_parameter", row, secret_value="another")
    assert told() == "another"


@pytest.mark.parametrize("name", ["aws-a", "/ssm/a", "a b", ""])
def test_names_that_aws_would_refuse(name: str) -> None:
    assert RESOURCES["ssm_parameter"].faults({"name": name}, ["name"])
