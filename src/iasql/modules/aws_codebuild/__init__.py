"""AWS CodeBuild: projects, what they have built, and with which credentials they fetch sources."""

from __future__ import annotations

from pathlib import Path

from iasql.modules.aws_codebuild.build import START_BUILD
from iasql.modules.aws_codebuild.codebuild_build_list import CODEBUILD_BUILD_LIST
from iasql.modules.aws_codebuild.codebuild_project import CODEBUILD_PROJECT
from iasql.modules.aws_codebuild.credential import IMPORT_SOURCE_CREDENTIAL
from iasql.modules.aws_codebuild.source_credentials_list import SOURCE_CREDENTIALS_LIST
from iasql.resource import Module

MODULE = Module(
    name="aws_codebuild",
    dependencies=("aws_account", "aws_iam"),
    resources=(CODEBUILD_PROJECT, CODEBUILD_BUILD_LIST, SOURCE_CREDENTIALS_LIST),
    functions=(IMPORT_SOURCE_CREDENTIAL, START_BUILD),
    sql=Path(__file__).with_name("rpc.sql"),
    before_uninstall=Path(__file__).with_name("drop.sql"),
    comment="CodeBuild projects, builds and source credentials.",
)
