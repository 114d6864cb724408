"""AWS Certificate Manager: TLS certificates, imported or issued by Amazon."""

from __future__ import annotations

from iasql.modules.aws_acm.certificate import CERTIFICATE
from iasql.modules.aws_acm.imported import CERTIFICATE_IMPORT
from iasql.modules.aws_acm.requested import CERTIFICATE_REQUEST
from iasql.resource import Module

MODULE = Module(
    name="aws_acm",
    dependencies=("aws_account",),
    resources=(CERTIFICATE,),
    functions=(CERTIFICATE_IMPORT, CERTIFICATE_REQUEST),
    comment="TLS certificates: imported, or requested and validated.",
)
