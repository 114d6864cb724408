"""AWS CodeDeploy: applications, the groups of instances that they are deployed to, and deployments."""

from __future__ import annotations

from pathlib import Path

from iasql.modules.aws_codedeploy.codedeploy_application import CODEDEPLOY_APPLICATION
from iasql.modules.aws_codedeploy.codedeploy_deployment import CODEDEPLOY_DEPLOYMENT
from iasql.modules.aws_codedeploy.codedeploy_deployment_group import CODEDEPLOY_DEPLOYMENT_GROUP
from iasql.modules.aws_codedeploy.start import START_DEPLOYMENT
from iasql.resource import Module

MODULE = Module(
    name="aws_codedeploy",
    dependencies=("aws_account", "aws_iam", "aws_ec2", "aws_security_group"),
    resources=(CODEDEPLOY_APPLICATION, CODEDEPLOY_DEPLOYMENT_GROUP, CODEDEPLOY_DEPLOYMENT),
    functions=(START_DEPLOYMENT,),
    sql=Path(__file__).with_name("rpc.sql"),
    before_uninstall=Path(__file__).with_name("drop.sql"),
    comment="CodeDeploy applications, deployment groups and deployments.",
)
