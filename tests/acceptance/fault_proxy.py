"""A stand-in's bad day: an HTTP proxy before it, that refuses, delays and drops calls as a test tells it to.

A rule is asked for every request, by the name of its operation; the first that applies decides.
"""

from __future__ import annotations

import http.client
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

import attrs

Way = Literal["pass", "refuse", "throttle", "drop", "lose", "late", "empty", "stall", "die_before", "die_after"]
READS = ("Describe", "Get", "List", "Head", "Batch")
REST = {
    ("PUT", 1, ""): "CreateBucket",
    ("DELETE", 1, ""): "DeleteBucket",
    ("GET", 0, ""): "ListBuckets",
    ("GET", 0, "bucket-region"): "ListBuckets",
    ("GET", 0, "prefix"): "ListBuckets",
    ("PUT", 1, "tagging"): "PutBucketTagging",
    ("DELETE", 1, "tagging"): "DeleteBucketTagging",
    ("PUT", 1, "policy"): "PutBucketPolicy",
}
"""Operations of S3 by method, number of parts in the path and the query's first name."""


@attrs.define(kw_only=True)
class Rule:
    """What happens to which calls.

    way     refuse and throttle answer with an error; empty tells of nothing; drop cuts before AWS hears, lose after;
            late lets AWS hear after `seconds`, when the caller has gone; die_before and die_after call `die` and cut;
            stall calls it and goes on after `seconds`
    after   so many calls that match pass first; times: how many are then caught
    """

    matches: Callable[[str, str], bool]
    way: Way
    after: int = 0
    times: int = 10**6
    seconds: float = 0.0
    code: str = "AccessDenied"
    die: Callable[[], None] = lambda: None
    seen: int = 0

    def catches(self, operation: str, body: str) -> bool:
        """Whether this call is caught; counts it."""
        if not self.matches(operation, body):
            return False
        self.seen += 1
        return self.after < self.seen <= self.after + self.times


class FaultProxy:
    """The proxy: `endpoint` is its address, `calls` the operations that came, `highest` how many came at once."""

    def __init__(self, target: str) -> None:
        self.target = urlsplit(target).netloc
        self.rules: list[Rule] = []
        self.calls: list[str] = []
        self.highest: dict[str, int] = {}
        self._running: dict[str, int] = {}
        self._lock = threading.Lock()
        proxy = self

        class Handler(_Handler):
            faults = proxy

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda request, address: None  # type: ignore[method-assign]  # who was killed
        self.endpoint = f"http://127.0.0.1:{self.server.server_address[1]}"
        self._thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stops listening."""
        self.server.shutdown()
        self.server.server_close()
        self._thread.join(5)

    def on(self, operation: str | Callable[[str, str], bool], way: Way, **more: Any) -> Rule:
        """Adds a rule for an operation by name, or for what a function of operation and body says."""
        matches = operation if callable(operation) else (lambda name, body: name == operation)
        rule = Rule(matches=matches, way=way, **more)
        self.rules.append(rule)
        return rule

    def on_region(self, region: str, way: Way, **more: Any) -> Rule:
        """Adds a rule for every call to a region, which its signature names."""
        return self.on(lambda name, body: body.startswith(f"{region} "), way, **more)

    def on_writes(self, way: Way, **more: Any) -> Rule:
        """Adds a rule for every call that changes something."""
        return self.on(lambda name, body: writes(name), way, **more)

    @property
    def writes(self) -> list[str]:
        """The operations that came and change something."""
        return [name for name in self.calls if writes(name)]

    def clear(self) -> None:
        """Forgets rules and calls."""
        self.rules.clear()
        self.calls.clear()
        self.highest.clear()

    def caught(self, operation: str, body: str) -> Rule | None:
        """The rule that decides about this call."""
        with self._lock:
            self.calls.append(operation)
            return next((rule for rule in self.rules if rule.catches(operation, body)), None)

    @contextmanager
    def counted(self, service: str) -> Iterator[None]:
        """Counts how many calls of a service run at once."""
        with self._lock:
            self._running[service] = self._running.get(service, 0) + 1
            self.highest[service] = max(self.highest.get(service, 0), self._running[service])
        try:
            yield
        finally:
            with self._lock:
                self._running[service] -= 1


def writes(operation: str) -> bool:
    """Whether an operation changes something."""
    return not operation.startswith(READS)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    faults: FaultProxy

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        operation = self._operation(body.decode("latin-1"))
        rule = self.faults.caught(operation, f"{self._signed(2)} {body.decode('latin-1')}")
        with self.faults.counted(self._service()):
            self._obey(rule, body)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _serve  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""

    def _obey(self, rule: Rule | None, body: bytes) -> None:
        way = rule.way if rule is not None else "pass"
        if rule is not None and way == "stall":
            rule.die()
        if rule is not None and way != "late":
            time.sleep(rule.seconds)
        if way in ("refuse", "throttle"):
            assert rule is not None
            self._fail(rule)
        elif way == "empty":
            name = "ListAllMyBucketsResult" if self._service() == "s3" else "Response"
            self._answer(200, [("Content-Type", "text/xml")], f"<{name}></{name}>".encode())
        elif way == "drop":
            self._cut()
        elif way == "late":
            assert rule is not None
            self._cut()
            time.sleep(rule.seconds)
            self._forward(body)
        elif way == "die_before":
            assert rule is not None
            rule.die()
            self._cut()
        elif way in ("lose", "die_after"):
            assert rule is not None
            self._forward(body)
            if way == "die_after":
                rule.die()
            self._cut()
        else:
            self._answer(*self._forward(body))

    def _forward(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        connection = http.client.HTTPConnection(self.faults.target, timeout=60)
        try:
            connection.request(self.command, self.path, body, dict(self.headers.items()))
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            connection.close()

    def _answer(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with suppress(BrokenPipeError, ConnectionResetError):  # the caller has given up
            if self.command != "HEAD":
                self.wfile.write(body)

    def _fail(self, rule: Rule) -> None:
        code = "Throttling" if rule.way == "throttle" else rule.code
        status = 400 if rule.way == "throttle" else 403
        told, request = f"<Code>{code}</Code><Message>told by the test</Message>", "test-request"
        if "X-Amz-Target" in self.headers:
            text = f'{{"__type": "{code}", "message": "told by the test"}}'
        elif self._service() == "ec2":
            text = f"<Response><Errors><Error>{told}</Error></Errors><RequestID>{request}</RequestID></Response>"
        elif self._service() == "s3":
            text = f"<Error>{told}<RequestId>{request}</RequestId></Error>"
        else:
            text = f"<ErrorResponse><Error>{told}</Error><RequestId>{request}</RequestId></ErrorResponse>"
        self._answer(status, [("Content-Type", "text/xml"), ("x-amzn-RequestId", "test-request")], text.encode())

    def _cut(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def _operation(self, body: str) -> str:
        target = self.headers.get("X-Amz-Target")
        if target:
            return target.rsplit(".", 1)[-1]
        action = parse_qs(body).get("Action")
        if action:
            return action[0]
        url = urlsplit(self.path)
        parts = [part for part in url.path.split("/") if part]
        query = url.query.split("&")[0].split("=")[0]
        return REST.get((self.command, len(parts), query), f"{_VERBS[self.command]}{query.title() or 'Thing'}")

    def _service(self) -> str:
        return self._signed(3)

    def _signed(self, part: int) -> str:
        """Region (2) or service (3), as the call's signature names them."""
        signed = self.headers.get("Authorization", "")
        return signed.split("/")[part] if signed.count("/") > 3 else ""


_VERBS = {"GET": "Get", "HEAD": "Head", "PUT": "Put", "POST": "Post", "DELETE": "Delete"}
