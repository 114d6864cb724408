"""AWS Lambda: functions that run when they are called."""

from __future__ import annotations

from iasql.modules.aws_lambda.invoke import INVOKE_LAMBDA_FUNCTION
from iasql.modules.aws_lambda.lambda_function import LAMBDA_FUNCTION
from iasql.modules.aws_lambda.lambda_function_security_groups import LAMBDA_FUNCTION_SECURITY_GROUPS
from iasql.resource import Module

MODULE = Module(
    name="aws_lambda",
    dependencies=("aws_account", "aws_iam", "aws_security_group", "aws_vpc"),
    resources=(LAMBDA_FUNCTION, LAMBDA_FUNCTION_SECURITY_GROUPS),
    functions=(INVOKE_LAMBDA_FUNCTION,),
    comment="Lambda functions and their security groups.",
)
