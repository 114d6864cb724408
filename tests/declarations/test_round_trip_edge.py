"""APIs and distributions against a stand-in of AWS."""

from __future__ import annotations

from typing import Any

import pytest

from iasql.cloud import writer
from tests.declarations.pem import self_signed
from tests.declarations.stand_in import HERE, RESOURCES, THERE, Cloud, agrees

SITE = {
    "Quantity": 1,
    "Items": [
        {"Id": "site", "DomainName": "s.s3.amazonaws.com", "S3OriginConfig": {"OriginAccessIdentity": ""}},
    ],
}
BEHAVIOR = {
    "TargetOriginId": "site",
    "ViewerProtocolPolicy": "allow-all",
    "ForwardedValues": {"QueryString": False, "Cookies": {"Forward": "none"}},
    "MinTTL": 0,
}


@pytest.mark.parametrize("region", [HERE, THERE])
def test_api(cloud: Cloud, region: str) -> None:
    row = cloud.create("api", region, name="a", protocol_type="HTTP", description="d", tags={"a": "1"})
    assert agrees(row, name="a", protocol_type="HTTP", description="d", tags={"a": "1"}, version=None)
    cors = {"AllowOrigins": ["*"]}
    row = cloud.update("api", row, region, name="b", version="2", cors_configuration=cors, tags={"b": "2"})
    assert agrees(row, name="b", version="2", description="d", tags={"b": "2"})
    assert row["cors_configuration"]["AllowOrigins"] == ["*"]
    row = cloud.update("api", row, region, cors_configuration=None, tags=None, disable_execute_api_endpoint=True)
    assert agrees(row, cors_configuration=None, tags=None, disable_execute_api_endpoint=True)
    cloud.delete("api", row, region)


@pytest.mark.parametrize("region", [HERE, THERE])
def test_graphql_api(cloud: Cloud, region: str) -> None:
    row = cloud.create("graphql_api", region, name="a", authentication_type="API_KEY", tags={"a": "1"})
    assert agrees(row, name="a", authentication_type="API_KEY", tags={"a": "1"})
    who = {"issuer": "https://a.example"}
    row = cloud.update("graphql_api", row, region, authentication_type="OPENID_CONNECT", open_id_connect_config=who)
    assert agrees(row, authentication_type="OPENID_CONNECT", open_id_connect_config=who, tags={"a": "1"})
    # tags alone
    assert agrees(cloud.update("graphql_api", row, region, tags={"b": "2"}), tags={"b": "2"})
    # not twice: the stand-in fails where AWS tells that it is gone
    writer.delete(cloud.session, RESOURCES["graphql_api"], region, row)
    assert cloud.all("graphql_api", region) == []


def distribution(cloud: Cloud, **values: Any) -> Any:
    plain = {"comment": "c", "enabled": True, "origins": SITE, "default_cache_behavior": BEHAVIOR}
    return cloud.create("distribution", **plain | values)


def test_distribution(cloud: Cloud) -> None:
    row = distribution(cloud, tags={"a": "1"})
    assert agrees(row, comment="c", enabled=True, custom_ssl_certificate_id=None, tags={"a": "1"})
    assert row["origins"]["Items"][0]["DomainName"] == "s.s3.amazonaws.com"
    assert row["domain_name"].endswith(".cloudfront.net")
    row = cloud.update("distribution", row, comment="d", tags={"b": "2"})
    assert agrees(row, comment="d", enabled=True, tags={"b": "2"})
    assert row["default_cache_behavior"]["TargetOriginId"] == "site"
    cloud.delete("distribution", row)


def test_a_distribution_with_names_of_its_own(cloud: Cloud) -> None:
    certificate, key = self_signed("www.a.example")
    arn = cloud.client("acm").import_certificate(Certificate=certificate, PrivateKey=key)["CertificateArn"]
    row = distribution(cloud, alternate_domain_names=["www.a.example"], custom_ssl_certificate_id=arn)
    assert agrees(row, alternate_domain_names=["www.a.example"], custom_ssl_certificate_id=arn)
    row = cloud.update("distribution", row, alternate_domain_names=None, custom_ssl_certificate_id=None)
    assert agrees(row, alternate_domain_names=None, custom_ssl_certificate_id=None)


def test_a_distribution_that_is_asked_for_twice_is_made_once(cloud: Cloud) -> None:
    assert distribution(cloud)["distribution_id"] == distribution(cloud)["distribution_id"]  # under the same token
