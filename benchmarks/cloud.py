"""The AWS of a benchmark: moto's server, or a stub for what moto is too slow for, each behind the proxy."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.request import Request, urlopen

import attrs
import boto3
import psutil

from benchmarks.process import AWS, free_port, python
from benchmarks.proxy import Proxy

STRICT = {"MOTO_IAM_LOAD_MANAGED_POLICIES": "true"}
WOKEN = (("ec2", "describe_vpcs"), ("s3", "list_buckets"), ("iam", "list_roles"), ("sqs", "list_queues"),
         ("logs", "describe_log_groups"), ("sts", "get_caller_identity"))  # fmt: skip


@attrs.frozen(kw_only=True)
class Cloud:
    """A stand-in for AWS, and the proxy in front of it."""

    upstream: str
    proxy: Proxy
    pid: int

    @property
    def cpu(self) -> float:
        """Seconds of CPU that the stand-in itself has taken."""
        times = psutil.Process(self.pid).cpu_times()
        return float(times.user + times.system)

    @property
    def environ(self) -> dict[str, str]:
        """The environment in which every SDK finds it and nothing else."""
        return {**AWS, "AWS_ENDPOINT_URL": self.proxy.endpoint}

    def client(self, service: str) -> object:
        """A client that is neither counted nor delayed."""
        keys = {"aws_access_key_id": "benchmark", "aws_secret_access_key": "benchmark"}
        return boto3.client(service, region_name="us-east-1", endpoint_url=self.upstream, **keys)  # type: ignore[call-overload]

    def empty(self) -> None:
        """Forgets every resource, and wakes every service: the first call of each takes seconds."""
        urlopen(Request(f"{self.upstream}/moto-api/reset", method="POST"), timeout=60).close()
        for service, operation in WOKEN:
            getattr(self.client(service), operation)()
        self.proxy.reset()


@contextmanager
def moto() -> Iterator[Cloud]:
    """moto's server."""
    port = free_port()
    with (
        python("tests.moto_server", "-H", "127.0.0.1", "-p", str(port), port=port, environ=STRICT) as pid,
        _proxied(port, pid) as cloud,
    ):
        yield cloud


@contextmanager
def stub(*arguments: str) -> Iterator[Cloud]:
    """A service that answers at once, always the same (benchmarks/stub.py)."""
    port = free_port()
    with python("benchmarks.stub", str(port), *arguments, port=port) as pid, _proxied(port, pid) as cloud:
        yield cloud


@contextmanager
def _proxied(upstream: int, pid: int) -> Iterator[Cloud]:
    port = free_port()
    with python("benchmarks.proxy", str(port), f"127.0.0.1:{upstream}", port=port):
        proxy = Proxy(endpoint=f"http://127.0.0.1:{port}")
        yield Cloud(upstream=f"http://127.0.0.1:{upstream}", proxy=proxy, pid=pid)
