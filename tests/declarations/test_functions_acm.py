"""certificate_import and certificate_request against a stand-in of AWS."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from iasql.modules.aws_acm import requested
from tests.declarations.pem import self_signed
from tests.declarations.test_functions import REGIONS, Context, moto, session

__all__ = ["session"]


@pytest.fixture
def context(session: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Context]:
    monkeypatch.setattr("moto.settings.ACM_VALIDATION_WAIT", 0)
    with moto.mock_aws():
        yield Context(session, {"aws_regions": REGIONS})


def zone(context: Context, name: str, **config: Any) -> str:
    config = {"Comment": "", "PrivateZone": False} | config
    made = context.client("route53").create_hosted_zone(Name=name, CallerReference=name, HostedZoneConfig=config)
    return str(made["HostedZone"]["Id"])


def cnames(context: Context, zone: str) -> list[str]:
    sets = context.client("route53").list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    return [record["Name"] for record in sets if record["Type"] == "CNAME"]


def request(context: Context, domain: str, method: str = "DNS", **more: Any) -> Any:
    given = {"domain_name": domain, "validation_method": method, "region": "us-east-1"} | more
    (row,) = context.call("certificate_request", **given)
    return row


def test_import(context: Context) -> None:
    certificate, key = self_signed("a.example")
    given: dict[str, Any] = {"certificate": certificate, "private_key": key, "region": "us-east-1", "tags": {"a": "1"}}
    (row,) = context.call("certificate_import", **given)
    assert (row["status"], row["message"]) == ("OK", "Certificate imported")
    tags = context.client("acm").list_tags_for_certificate(CertificateArn=row["arn"])["Tags"]
    assert tags == [{"Key": "a", "Value": "1"}]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"certificate": "nonsense"}, "certificate"),
        ({"private_key": ""}, "no value for private_key"),
        ({"region": "eu-west-1"}, "region eu-west-1 is not enabled; allowed: us-east-1"),
        ({"options": {"chains": "x"}}, "none but chain"),
        ({"tags": []}, "tags must be an object"),
    ],
)
def test_what_cannot_be_imported(context: Context, wrong: dict[str, Any], told: str) -> None:
    certificate, key = self_signed("a.example")
    given: dict[str, Any] = {"certificate": certificate, "private_key": key, "region": "us-east-1"} | wrong
    (row,) = context.call("certificate_import", **given)
    assert (row["status"], row["arn"]) == ("ERROR", None)
    assert told in row["message"]
    assert key not in row["message"]
    assert context.client("acm").list_certificates()["CertificateSummaryList"] == []


def test_a_request_is_validated_in_the_zone_of_each_name(context: Context) -> None:
    zone(context, "example.com", PrivateZone=True)
    outer, inner = zone(context, "example.com"), zone(context, "in.example.com")
    row = request(context, "*.example.com", options={"SubjectAlternativeNames": ["example.com", "a.in.example.com"]})
    assert row["status"] == "OK"
    found = context.client("acm").describe_certificate(CertificateArn=row["arn"])["Certificate"]
    assert found["Status"] == "ISSUED"
    assert len(cnames(context, outer)) == len(cnames(context, inner)) == 1
    assert request(context, "example.com")["status"] == "OK"  # by the record that is there


def test_a_request_by_email_waits_for_the_owner(context: Context) -> None:
    row = request(context, "example.com", "email")
    assert (row["status"], row["arn"].split(":")[2]) == ("PENDING", "acm")


@pytest.mark.parametrize(
    ("domain", "method", "told"),
    [
        ("example.org", "DNS", "no public hosted zone of this account holds example.org"),
        ("notexample.com", "DNS", "no public hosted zone"),
        ("example.com", "FAX", "is not one of DNS, EMAIL"),
        ("", "DNS", "no value for domain_name"),
    ],
)
def test_what_cannot_be_requested(context: Context, domain: str, method: str, told: str) -> None:
    zone(context, "example.com")
    row = request(context, domain, method)
    assert row["status"] == "ERROR"
    assert told in row["message"]
    assert context.client("acm").list_certificates()["CertificateSummaryList"] == []


def test_what_is_not_validated_leaves_nothing(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    place = zone(context, "example.com")
    monkeypatch.setattr("moto.settings.ACM_VALIDATION_WAIT", 1000)
    monkeypatch.setattr(requested, "PATIENCE", {"Delay": 0, "MaxAttempts": 2})
    row = request(context, "example.com")
    assert (row["status"], row["message"]) == ("ERROR", "Certificate could not be validated")
    assert cnames(context, place) == []
    assert context.client("acm").list_certificates()["CertificateSummaryList"] == []
