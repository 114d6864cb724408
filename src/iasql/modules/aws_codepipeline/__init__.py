"""AWS CodePipeline: pipelines from source to deployment."""

from __future__ import annotations

from pathlib import Path

from iasql.modules.aws_codepipeline.pipeline_declaration import PIPELINE_DECLARATION
from iasql.resource import Module

MODULE = Module(
    name="aws_codepipeline",
    dependencies=("aws_account", "aws_iam", "aws_codedeploy"),
    resources=(PIPELINE_DECLARATION,),
    sql=Path(__file__).with_name("rpc.sql"),
    before_uninstall=Path(__file__).with_name("drop.sql"),
    comment="CodePipeline pipelines.",
)
