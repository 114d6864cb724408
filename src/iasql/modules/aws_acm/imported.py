"""certificate_import: a certificate that somebody else issued, with its private key."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from iasql.modules.aws_acm.certificate import KEYS
from iasql.modules.aws_acm.told import OPTIONS, REGION, RETURNS, Wrong, given, options_of, outcome, tags_of
from iasql.resource import Argument, Function

TRIES = 30
PAUSE = 2.0
"""Seconds between two looks for a certificate that was just imported."""


def run(
    context: Any, *, certificate: str, private_key: str, region: str, options: Any, tags: Any
) -> Iterator[Mapping[str, Any]]:
    """One row: OK and the ARN, or ERROR and why."""
    try:
        given(context, certificate=certificate, private_key=private_key, region=region)
        chain = options_of(options, frozenset({"chain"})).get("chain")
        said = {"Certificate": certificate.encode(), "PrivateKey": private_key.encode()}
        said |= {"CertificateChain": chain.encode()} if chain else {}
        told = tags_of(tags)
        acm = context.client("acm", region)
        arn = acm.import_certificate(**said, **({"Tags": told} if told else {}))["CertificateArn"]
        await_listed(acm, arn)
    except (Wrong, ClientError, BotoCoreError) as error:
        return outcome("ERROR", str(error))
    return outcome("OK", "Certificate imported", arn)


def await_listed(acm: Any, arn: str) -> None:
    """Waits until ACM's list tells of it, so that the refresh that follows finds it."""
    for _ in range(TRIES):
        pages = acm.get_paginator("list_certificates").paginate(Includes={"keyTypes": KEYS})
        if arn in pages.search("CertificateSummaryList[].CertificateArn"):
            return
        time.sleep(PAUSE)


CERTIFICATE_IMPORT = Function(
    name="certificate_import",
    arguments=(Argument("certificate"), Argument("private_key"), REGION, *OPTIONS),
    returns=RETURNS,
    run=run,
    mutates=True,
    refreshes=("certificate",),
    comment='Imports a certificate (PEM) with its private key; options: {"chain": "..."}. Status OK, or ERROR and why.',
    sample="select * from certificate_import('-----BEGIN CERTIFICATE-----...', '-----BEGIN PRIVATE KEY-----...')",
)
