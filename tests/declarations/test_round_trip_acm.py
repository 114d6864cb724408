"""Certificates against a stand-in of AWS, and the listeners that present them."""

from __future__ import annotations

import pytest

from tests.declarations.pem import self_signed
from tests.declarations.stand_in import THERE, Cloud, agrees
from tests.declarations.test_round_trip_elb import balancer, place


@pytest.mark.parametrize("curve", [False, True])
def test_certificate(cloud: Cloud, curve: bool) -> None:
    acm = cloud.client("acm", THERE)
    certificate, key = self_signed("a.example", curve=curve)
    arn = acm.import_certificate(Certificate=certificate, PrivateKey=key, Tags=[{"Key": "a", "Value": "1"}])[
        "CertificateArn"
    ]
    (row,) = cloud.all("certificate", THERE)
    assert agrees(row, arn=arn, certificate_id=arn.split("/")[1], domain_name="a.example", region=THERE, in_use=False,
                  certificate_type="IMPORTED", status="ISSUED", tags={"a": "1"})  # fmt: skip
    row = cloud.update("certificate", row, THERE, tags={"b": "2"})
    assert agrees(row, tags={"b": "2"})
    cloud.delete("certificate", cloud.update("certificate", row, THERE, tags=None), THERE)


def test_a_listener_presents_a_certificate(cloud: Cloud) -> None:
    vpc, subnets, _ = place(cloud)
    certificate, key = self_signed("a.example")
    arn = cloud.client("acm").import_certificate(Certificate=certificate, PrivateKey=key)["CertificateArn"]
    lb = balancer(cloud, subnets)["load_balancer_arn"]
    group = cloud.create(
        "target_group", target_group_name="g", target_type="instance", protocol="HTTP", port=80, vpc=vpc
    )
    row = cloud.create("listener", load_balancer_id=lb, port=443, protocol="HTTPS", action_type="forward",
                       target_group_id=group["target_group_arn"], certificate_id=arn)  # fmt: skip
    assert agrees(row, certificate_id=arn, protocol="HTTPS")
    assert agrees(cloud.all("certificate")[0], in_use=True)
    row = cloud.update("listener", row, protocol="HTTP", certificate_id=None)
    assert agrees(row, protocol="HTTP")
