"""A stand-in of AWS for the round trips of rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import moto
import pytest
from moto.moto_api import state_manager

from iasql.cloud.session import Credentials, Session
from tests.declarations.stand_in import Cloud


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    """One session for all, since its clients are slow to make and hold no state."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("AWS_ENDPOINT_URL", raising=False)
        with Session(Credentials(access_key_id="a", secret_access_key="b")) as session:
            yield session


@pytest.fixture
def cloud(session: Session, request: pytest.FixtureRequest) -> Iterator[Cloud]:
    """An account with nothing in it but what AWS puts there; of its policies only where `aws_policies` marks a test."""
    policies = request.node.get_closest_marker("aws_policies") is not None  # they are a third of a second's work
    config: Any = {"core": {"reset_boto3_session": False}, "iam": {"load_aws_managed_policies": policies}}
    state_manager.set_transition("cloudfront::distribution", {"progression": "immediate"})  # or they are waited for
    with moto.mock_aws(config=config):
        yield Cloud(session)
