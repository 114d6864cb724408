"""AWS IAM: who may do what. Roles, users and groups, and the policies that say what they are allowed."""

from __future__ import annotations

from iasql.modules.aws_iam.access_key import ACCESS_KEY
from iasql.modules.aws_iam.iam_group import IAM_GROUP
from iasql.modules.aws_iam.iam_instance_profile import IAM_INSTANCE_PROFILE
from iasql.modules.aws_iam.iam_policy import IAM_POLICY
from iasql.modules.aws_iam.iam_role import IAM_ROLE
from iasql.modules.aws_iam.iam_user import IAM_USER
from iasql.modules.aws_iam.inline_policy import IAM_GROUP_POLICY, IAM_ROLE_POLICY, IAM_USER_POLICY
from iasql.modules.aws_iam.secrets import ACCESS_KEY_REQUEST, SET_USER_PASSWORD
from iasql.resource import Module

MODULE = Module(
    name="aws_iam",
    dependencies=("aws_account",),
    resources=(
        IAM_POLICY,
        IAM_ROLE,
        IAM_USER,
        IAM_GROUP,
        ACCESS_KEY,
        IAM_ROLE_POLICY,
        IAM_USER_POLICY,
        IAM_GROUP_POLICY,
        IAM_INSTANCE_PROFILE,
    ),
    functions=(ACCESS_KEY_REQUEST, SET_USER_PASSWORD),
    comment="IAM roles, users, groups, access keys and policies.",
)
