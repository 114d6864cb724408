"""The account: its regions, its credentials, the region of rows that name none."""

from __future__ import annotations

from pathlib import Path

from iasql.modules.aws_account.credentials import AWS_CREDENTIALS
from iasql.modules.aws_account.regions import AWS_REGIONS
from iasql.resource import Module

MODULE = Module(
    name="aws_account",
    resources=(AWS_REGIONS, AWS_CREDENTIALS),
    sql=Path(__file__).with_name("rpc.sql"),
    before_uninstall=Path(__file__).with_name("drop.sql"),
    comment="The account's regions and credentials.",
)
