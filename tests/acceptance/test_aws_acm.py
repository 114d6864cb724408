"""Certificates as a user types them: imported, requested and proved in a zone, tagged, and taken away."""

from __future__ import annotations

from tests.acceptance.conftest import Sql, Stack, look_at_one_region
from tests.declarations.pem import self_signed


def test_certificates_come_and_go(sql: Sql, stack: Stack) -> None:
    stack.client("route53").create_hosted_zone(Name="example.com", CallerReference="story")
    look_at_one_region(sql, "aws_acm")
    certificate, key = self_signed("a.example")
    imported = sql.one('select * from certificate_import(%s, %s, tags => \'{"a": "1"}\')', certificate, key)
    assert imported["status"] == "OK"
    requested = sql.one("select * from certificate_request('*.example.com', 'DNS', 'us-east-1')")
    assert requested["status"] == "OK"
    assert sql("select arn, domain_name, certificate_type, status, tags from certificate order by domain_name") == [
        {"arn": requested["arn"], "domain_name": "*.example.com", "certificate_type": "AMAZON_ISSUED",
         "status": "ISSUED", "tags": None},
        {"arn": imported["arn"], "domain_name": "a.example", "certificate_type": "IMPORTED", "status": "ISSUED",
         "tags": {"a": "1"}},
    ]  # fmt: skip
    assert not any(key in str(row) for row in sql("select change::text, message from iasql_audit_log"))

    # inside of a transaction, which stays open and pending
    sql("select * from iasql_begin()")
    sql("update certificate set tags = '{\"b\": \"2\"}' where domain_name = 'a.example'")
    wrong = sql.one("select status, message from certificate_request('example.org', 'DNS', 'us-east-1')")
    assert wrong["status"] == "ERROR"
    acm = stack.client("acm")
    assert acm.list_tags_for_certificate(CertificateArn=imported["arn"])["Tags"] == [{"Key": "a", "Value": "1"}]
    sql("select * from iasql_commit()")
    assert acm.list_tags_for_certificate(CertificateArn=imported["arn"])["Tags"] == [{"Key": "b", "Value": "2"}]

    sql("select * from iasql_begin()")
    sql("delete from certificate")
    sql("select * from iasql_commit()")
    assert acm.list_certificates()["CertificateSummaryList"] == []
