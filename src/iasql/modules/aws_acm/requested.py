"""certificate_request: a certificate that Amazon issues once it has seen that the domain is the caller's.

By DNS that is done here: the records that ACM asks for go into the hosted zone of each name, and stay there, since ACM
looks for them again whenever it renews the certificate. By e-mail it is for whoever reads the domain's mail.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, WaiterError

from iasql.modules.aws_acm.imported import await_listed
from iasql.modules.aws_acm.told import OPTIONS, REGION, RETURNS, Wrong, given, options_of, outcome, tags_of
from iasql.resource import Argument, Function

METHODS = ("DNS", "EMAIL")
ALLOWED = frozenset({"SubjectAlternativeNames", "KeyAlgorithm", "DomainValidationOptions", "Options"})
PATIENCE = {"Delay": 5, "MaxAttempts": 60}
Record = Mapping[str, str]


def run(
    context: Any, *, domain_name: str, validation_method: str, region: str, options: Any, tags: Any
) -> Iterator[Mapping[str, Any]]:
    """One row: OK and the ARN, PENDING where somebody must answer an e-mail, or ERROR and why."""
    try:
        given(context, domain_name=domain_name, validation_method=validation_method, region=region)
        method = validation_method.upper()
        if method not in METHODS:
            raise Wrong(f"validation_method {validation_method} is not one of {', '.join(METHODS)}")
        said = options_of(options, ALLOWED) | {"DomainName": domain_name, "ValidationMethod": method}
        told = tags_of(tags)
        route53 = context.client("route53")
        names = [domain_name, *said.get("SubjectAlternativeNames", ())]
        zones = {name: zone_of(route53, name) for name in names} if method == "DNS" else {}
        acm = context.client("acm", region)
        arn = str(acm.request_certificate(**said, **({"Tags": told} if told else {}))["CertificateArn"])
        if method == "DNS":
            validate(acm, route53, arn, zones)
        await_listed(acm, arn)
    except (Wrong, ClientError, BotoCoreError) as error:
        return outcome("ERROR", str(error))
    if method == "EMAIL":
        return outcome("PENDING", "Certificate requested; AWS has sent e-mail to the domain's owners", arn)
    return outcome("OK", "Certificate issued", arn)


def zone_of(route53: Any, name: str) -> str:
    """The id of the public hosted zone that a name is in: the longest one of those that end it."""
    wanted = name.removeprefix("*.").rstrip(".") + "."
    pages = route53.get_paginator("list_hosted_zones").paginate()
    public = [zone for zone in pages.search("HostedZones[]") if not zone["Config"].get("PrivateZone")]
    fitting = [zone for zone in public if ("." + wanted).endswith("." + zone["Name"])]
    if not fitting:
        raise Wrong(f"no public hosted zone of this account holds {name}; validate it by EMAIL, or make the zone first")
    return str(max(fitting, key=lambda zone: len(zone["Name"]))["Id"])


def validate(acm: Any, route53: Any, arn: str, zones: Mapping[str, str]) -> None:
    """Writes the records that ACM asks for, and waits; what is not issued then is taken away again, records and all."""
    written: dict[str, tuple[str, Record]] = {}
    try:
        for name, record in records(acm, arn):
            # certificates of one domain ask for the same record
            if record["Name"] not in written and not is_there(route53, zones[name], record):
                change(route53, zones[name], "UPSERT", record)
                written[record["Name"]] = (zones[name], record)
        acm.get_waiter("certificate_validated").wait(CertificateArn=arn, WaiterConfig=PATIENCE)
    except (Wrong, ClientError, BotoCoreError) as error:
        for zone, record in written.values():
            change(route53, zone, "DELETE", record)
        acm.delete_certificate(CertificateArn=arn)
        if isinstance(error, WaiterError):
            raise Wrong("Certificate could not be validated") from error
        raise


def records(acm: Any, arn: str) -> list[tuple[str, Record]]:
    """Each name with the record that proves it; ACM tells them some seconds after the request."""
    for _ in range(PATIENCE["MaxAttempts"]):
        told = acm.describe_certificate(CertificateArn=arn)["Certificate"].get("DomainValidationOptions", [])
        if told and all("ResourceRecord" in option for option in told):
            return [(option["DomainName"], option["ResourceRecord"]) for option in told]
        time.sleep(1)
    raise Wrong("ACM did not tell how to validate the certificate")


def is_there(route53: Any, zone: str, record: Record) -> bool:
    """Whether the zone has the record already."""
    start = {"StartRecordName": record["Name"], "StartRecordType": record["Type"], "MaxItems": "1"}
    found = route53.list_resource_record_sets(HostedZoneId=zone, **start)["ResourceRecordSets"]
    return any((each["Name"], each["Type"]) == (record["Name"], record["Type"]) for each in found)


def change(route53: Any, zone: str, action: str, record: Record) -> None:
    """Writes or removes one record that validates."""
    told = {"Name": record["Name"], "Type": record["Type"], "TTL": 300, "ResourceRecords": [{"Value": record["Value"]}]}
    batch = {"Changes": [{"Action": action, "ResourceRecordSet": told}]}
    route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch=batch)


CERTIFICATE_REQUEST = Function(
    name="certificate_request",
    arguments=(Argument("domain_name"), Argument("validation_method"), REGION, *OPTIONS),
    returns=RETURNS,
    run=run,
    mutates=True,
    refreshes=("certificate", "resource_record_set"),
    comment="Has Amazon issue a certificate: DNS validates it in the account's hosted zone and waits, EMAIL asks the "
    "domain's owners. Options are those of ACM's RequestCertificate. Status OK, PENDING, or ERROR and why.",
    sample="select * from certificate_request('example.com', 'DNS', 'us-east-1')",
)
