"""Amazon ECR: repositories of container images, private and public."""

from __future__ import annotations

from iasql.modules.aws_ecr.build import ECR_BUILD
from iasql.modules.aws_ecr.public_repository import PUBLIC_REPOSITORY
from iasql.modules.aws_ecr.repository import REPOSITORY
from iasql.modules.aws_ecr.repository_image import REPOSITORY_IMAGE
from iasql.modules.aws_ecr.repository_policy import REPOSITORY_POLICY
from iasql.resource import Module

MODULE = Module(
    name="aws_ecr",
    dependencies=("aws_account",),
    resources=(PUBLIC_REPOSITORY, REPOSITORY, REPOSITORY_IMAGE, REPOSITORY_POLICY),
    functions=(ECR_BUILD,),
    comment="ECR repositories, their images and policies.",
)
