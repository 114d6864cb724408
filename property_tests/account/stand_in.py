"""The stand-in itself (moto, in this process: HTTP would take most of the time), and a session on it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import moto
import pytest
from moto.moto_api import state_manager
from moto.moto_api._internal import moto_api_backend

from iasql.cloud.session import Credentials, Session

CHECKS = {"MOTO_EC2_ENABLE_INSTANCE_TYPE_VALIDATION": "true", "MOTO_ENABLE_AMI_VALIDATION": "true"}
CONFIG: Any = {"core": {"reset_boto3_session": False}, "iam": {"load_aws_managed_policies": True}}


@pytest.fixture(scope="session")
def session() -> Iterator[Session]:
    """A session on the stand-in's account; each test takes away what it made."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("AWS_ENDPOINT_URL", raising=False)
        for name, value in CHECKS.items():
            patch.setenv(name, value)
        # distributions are everywhere as soon as they are made; the stand-in lets one wait for that otherwise
        state_manager.set_transition("cloudfront::distribution", {"progression": "immediate"})
        with moto.mock_aws(config=CONFIG), Session(Credentials(access_key_id="a", secret_access_key="b")) as session:
            yield session


def empty() -> None:
    """Takes away all that there is in every account."""
    moto_api_backend.reset()
