"""Stands between a program and its AWS: counts requests by operation, and holds each answer for the time of a network.

`python -m benchmarks.proxy PORT UPSTREAM` is the process, `Proxy` the handle on it. moto's server answers 500 when two
security groups are made at once, and now and then for two roles: such calls pass one at a time, and the time of the
network is waited outside of that gate, as real networks and real services do.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import AbstractAsyncContextManager, contextmanager, nullcontext, suppress
from typing import Any
from urllib.request import Request, urlopen

import attrs

from benchmarks.operation import operation

ONE_AT_A_TIME = frozenset({"ec2.CreateSecurityGroup", "ec2.CreateVpc", "ec2.DeleteSecurityGroup", "iam.CreateRole",
                           "iam.AttachRolePolicy"})  # fmt: skip
CONTROL = "/_benchmark/"


@attrs.frozen(kw_only=True)
class Message:
    """One HTTP message, as it came and taken apart."""

    start: str
    headers: Mapping[str, str]
    raw: bytes
    body: bytes


@attrs.define(kw_only=True)
class Relay:
    """The proxy within its process."""

    host: str
    port: int
    latency: float = 0.0
    counts: Counter[str] = attrs.field(factory=Counter)
    failures: Counter[str] = attrs.field(factory=Counter)
    seconds: Counter[str] = attrs.field(factory=Counter)
    """How long the service took, by operation: what is asked side by side counts each."""
    busy: float = 0.0
    """How long at least one request was on its way or at the service."""
    _within: int = 0
    _since: float = 0.0
    gates: dict[str, asyncio.Lock] = attrs.field(factory=lambda: defaultdict(asyncio.Lock))
    idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = attrs.field(factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answers the requests of one connection, in order."""
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                message = await received(reader, continues=writer)
                method, target, _ = message.start.split(" ", 2)
                if target.startswith(CONTROL):
                    writer.write(_answer(self.control(target.removeprefix(CONTROL))))
                else:
                    writer.write(await self.passed(message, method, target))
                await writer.drain()
        writer.close()

    async def passed(self, message: Message, method: str, target: str) -> bytes:
        """The answer of the service, after the time of the network."""
        name = operation(method, target, message.headers, message.body)
        self.counts[name] += 1
        with self._at_work():
            if self.latency:
                await asyncio.sleep(self.latency)
            async with self._gate(name):
                began = time.monotonic()
                try:
                    answer = await self.asked(message)
                except (asyncio.IncompleteReadError, ConnectionError):
                    self.failures[f"{name}, no answer"] += 1
                    raise
                self.seconds[name] += time.monotonic() - began
        if answer.start.split(" ", 2)[1] >= "500":
            self.failures[name] += 1
        return _kept_alive(answer.raw) + answer.body

    def _gate(self, name: str) -> AbstractAsyncContextManager[Any]:
        return self.gates[name.partition(".")[0]] if name in ONE_AT_A_TIME else nullcontext()

    @contextmanager
    def _at_work(self) -> Iterator[None]:
        """Takes the time while anything is asked."""
        now = time.monotonic()
        self._since = self._since if self._within else now
        self._within += 1
        try:
            yield
        finally:
            self._within -= 1
            if not self._within:
                self.busy += time.monotonic() - self._since

    async def asked(self, message: Message) -> Message:
        """What the service answers; a connection that it closed meanwhile is opened anew."""
        while self.idle:
            reader, writer = self.idle.pop()
            with suppress(asyncio.IncompleteReadError, ConnectionError):
                return await self._exchange(reader, writer, message)
            writer.close()
        reader, writer = await asyncio.open_connection(self.host, self.port, limit=2**24)
        return await self._exchange(reader, writer, message)

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, message: Message) -> Message:
        writer.write(message.raw + message.body)
        await writer.drain()
        answer = await received(reader, bodiless=message.start.startswith("HEAD"))
        if answer.headers.get("connection", "").lower() == "close" or answer.start.startswith("HTTP/1.0"):
            writer.close()
        else:
            self.idle.append((reader, writer))
        return answer

    def control(self, what: str) -> bytes:
        """Carries out what the benchmark asks for: `counts`, `reset`, `latency/0.04`."""
        if what == "reset":
            self.counts.clear()
            self.failures.clear()
            self.seconds.clear()
            self.busy = 0.0
        elif what.startswith("latency/"):
            self.latency = float(what.removeprefix("latency/"))
        told = {"counts": self.counts, "failures": self.failures, "seconds": self.seconds, "busy": {"all": self.busy}}
        return json.dumps(told).encode()


async def received(
    reader: asyncio.StreamReader, *, continues: asyncio.StreamWriter | None = None, bodiless: bool = False
) -> Message:
    """The next message of a connection, whole."""
    head = await reader.readuntil(b"\r\n\r\n")
    start, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
    if continues is not None and headers.get("expect", "").lower() == "100-continue":
        continues.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        head = head.replace(b"Expect: 100-continue\r\n", b"").replace(b"expect: 100-continue\r\n", b"")
    if bodiless or start.split(" ", 2)[1] in ("204", "304"):
        body = b""
    elif headers.get("transfer-encoding") == "chunked":
        body = await _chunks(reader)
    elif "content-length" in headers:
        body = await reader.readexactly(int(headers["content-length"]))
    elif start.startswith("HTTP/"):
        body = await reader.read()
    else:
        body = b""
    return Message(start=start, headers=headers, raw=head, body=body)


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    """A chunked body, still in chunks."""
    parts = []
    while True:
        line = await reader.readuntil(b"\r\n")
        size = int(line.partition(b";")[0], 16)
        parts += [line, await reader.readexactly(size + 2)]
        if size == 0:
            return b"".join(parts)


def _kept_alive(head: bytes) -> bytes:
    """The head of an answer without the stand-in's wish to hang up, which AWS does not have."""
    return head.replace(b"Connection: close\r\n", b"")


def _answer(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body


async def _main(port: int, upstream: str) -> None:
    host, _, their = upstream.rpartition(":")
    relay = Relay(host=host, port=int(their))
    server = await asyncio.start_server(relay.serve, "127.0.0.1", port, limit=2**24, backlog=512)
    async with server:
        await server.serve_forever()


@attrs.frozen(kw_only=True)
class Proxy:
    """The proxy, as the benchmark holds it."""

    endpoint: str

    def delay(self, seconds: float) -> None:
        """Holds each request so long from now on."""
        self._ask(f"latency/{seconds}")

    def reset(self) -> None:
        """Counts from nothing."""
        self._ask("reset")

    def counts(self) -> dict[str, int]:
        """Requests since then, by operation."""
        return self._ask("counts")["counts"]

    def failures(self) -> dict[str, int]:
        """Those of them that the service could not answer."""
        return self._ask("counts")["failures"]

    def seconds(self) -> dict[str, float]:
        """How long the service took for them, by operation."""
        return self._ask("counts")["seconds"]

    def busy(self) -> float:
        """For how long anything was asked since then."""
        return float(self._ask("counts")["busy"]["all"])

    def _ask(self, what: str) -> dict[str, dict[str, Any]]:
        with urlopen(Request(f"{self.endpoint}{CONTROL}{what}"), timeout=10) as answer:
            found: dict[str, dict[str, Any]] = json.loads(answer.read())
            return found


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1]), sys.argv[2]))
