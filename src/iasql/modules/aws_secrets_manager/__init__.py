"""AWS Secrets Manager: secrets."""

from __future__ import annotations

from iasql.modules.aws_secrets_manager.secret import SECRET
from iasql.resource import Module

MODULE = Module(
    name="aws_secrets_manager",
    dependencies=("aws_account",),
    resources=(SECRET,),
    comment="Secrets, whose values go in and are never shown.",
)
