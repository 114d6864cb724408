"""AWS IAM: roles, users and their access keys."""

from __future__ import annotations

from iasql.modules.aws_iam.access_key import ACCESS_KEY
from iasql.modules.aws_iam.iam_role import IAM_ROLE
from iasql.modules.aws_iam.iam_user import IAM_USER
from iasql.modules.aws_iam.secrets import ACCESS_KEY_REQUEST, SET_USER_PASSWORD
from iasql.resource import Module

MODULE = Module(
    name="aws_iam",
    dependencies=("aws_account",),
    resources=(IAM_ROLE, IAM_USER, ACCESS_KEY),
    functions=(ACCESS_KEY_REQUEST, SET_USER_PASSWORD),
    comment="IAM roles, users and access keys.",
)
