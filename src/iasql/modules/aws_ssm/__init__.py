"""Systems Manager: parameters that programs read when they start."""

from __future__ import annotations

from iasql.modules.aws_ssm.ssm_parameter import SSM_PARAMETER
from iasql.resource import Module

MODULE = Module(
    name="aws_ssm",
    dependencies=("aws_account",),
    resources=(SSM_PARAMETER,),
    comment="Parameters of Systems Manager, secret ones too.",
)
