"""The stand-in itself, and a session on it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from iasql.cloud.session import Credentials, Session

CHECKS = {
    "MOTO_EC2_ENABLE_INSTANCE_TYPE_VALIDATION": "true",
    "MOTO_ENABLE_AMI_VALIDATION": "true",
    "MOTO_IAM_LOAD_MANAGED_POLICIES": "true",
}
AT_ONCE = {"model_name": "cloudfront::distribution", "transition": {"progression": "immediate"}}
"""Distributions are everywhere as soon as they are made; the stand-in lets one wait for that otherwise."""


@pytest.fixture(scope="session")
def endpoint() -> Iterator[str]:
    """The URL of a moto server of this test run's own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    server = subprocess.Popen(command, env=os.environ | CHECKS, **quiet)  # type: ignore[call-overload]
    try:
        url = f"http://127.0.0.1:{port}"
        _await(url)
        post(f"{url}/moto-api/state-manager/set-transition", AT_ONCE)
        yield url
    finally:
        server.kill()  # it keeps nothing, and may be slow to end by itself
        server.wait(60)


@pytest.fixture(scope="session")
def session(endpoint: str) -> Iterator[Session]:
    """A session on the stand-in's account; each test takes away what it made."""
    with Session(Credentials(access_key_id="testing", secret_access_key="testing"), endpoint) as session:
        yield session


def post(url: str, said: Any = None) -> None:
    urllib.request.urlopen(url, data=json.dumps(said).encode(), timeout=120).close()


def _await(url: str) -> None:
    for _ in range(150):
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except OSError:  # nobody listens yet, or it is slow to begin with
            time.sleep(0.1)
    raise AssertionError("the stand-in does not answer")
