"""The Key Management Service: keys that encrypt and sign, and the names that people give them."""

from __future__ import annotations

from iasql.modules.aws_kms.kms_alias import KMS_ALIAS
from iasql.modules.aws_kms.kms_key import KMS_KEY
from iasql.resource import Module

MODULE = Module(
    name="aws_kms",
    dependencies=("aws_account",),
    resources=(KMS_KEY, KMS_ALIAS),
    comment="Keys that encrypt and sign, and their aliases.",
)
