"""A connection to a machine by SSH, for code that does not wait: commands, files, and HTTP over a socket there.

asyncssh does the work, in one event loop on a thread of its own. It is imported when a machine is reached first.
"""

from __future__ import annotations

import asyncio
import functools
import http.client
import io
import json
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import attrs

from iasql.errors import HostError

if TYPE_CHECKING:
    import asyncssh

T = TypeVar("T")

INSTALL = "pip install 'iasql[ssh]', then start the engine again"
PIN = "If that is right: update ssh_credentials set host_key = null where name = "
CONNECT = 15.0
"""Seconds that reaching a machine and signing in may take."""
RUN = 1200.0
"""Seconds that a command may take: an upgrade of packages needs some."""


@functools.cache
def loop() -> asyncio.AbstractEventLoop:
    """The event loop of all SSH connections."""
    made = asyncio.new_event_loop()
    threading.Thread(target=made.run_forever, name="iasql-ssh", daemon=True).start()
    return made


def wait(work: Coroutine[Any, Any, T], seconds: float) -> T:
    """What a coroutine gives, run in that loop."""
    return asyncio.run_coroutine_threadsafe(asyncio.wait_for(work, seconds), loop()).result()


@attrs.frozen
class Answer:
    """What a command printed, and its exit status."""

    stdout: str
    stderr: str
    status: int


class Shell:
    """One machine, signed in."""

    def __init__(self, name: str, connection: asyncssh.SSHClientConnection, learned: Mapping[str, Any]) -> None:
        self.name = name
        self.learned = learned
        self._connection = connection

    @property
    def alive(self) -> bool:
        """Whether the connection still stands."""
        return not self._connection.is_closed()

    def close(self) -> None:
        """Ends the connection."""
        loop().call_soon_threadsafe(self._connection.close)

    def run(self, command: str, *, check: bool = True) -> Answer:
        """Runs a command; HostError with what it said where it fails, unless that is not to be checked."""
        with told(self.name):
            done = wait(self._connection.run(command, encoding="utf-8", errors="replace"), RUN)
        answer = Answer(
            str(done.stdout or ""), str(done.stderr or ""), -1 if done.returncode is None else done.returncode
        )
        if check and answer.status != 0:
            said = (answer.stderr or answer.stdout).strip()[-2000:]
            raise HostError(f"{self.name}: a command ended with status {answer.status}: {said}")
        return answer

    def files(self, work: Callable[[asyncssh.SFTPClient], Awaitable[T]]) -> T:
        """What is done with the machine's files by SFTP."""

        async def do() -> T:
            async with self._connection.start_sftp_client() as sftp:
                return await work(sftp)

        with told(self.name):
            return wait(do(), RUN)

    def request(self, socket: str, method: str, path: str, body: Any = None) -> tuple[int, bytes]:
        """Status and body of an HTTP request to a server that listens at a UNIX socket there."""
        sent = b"" if body is None else json.dumps(body).encode()
        head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {len(sent)}\r\n"
        typed = "Content-Type: application/json\r\n" if sent else ""

        async def do() -> bytes:
            reader, writer = await self._connection.open_unix_connection(socket)
            writer.write(f"{head}{typed}\r\n".encode() + sent)
            try:
                return bytes(await reader.read())
            finally:
                writer.close()

        with told(self.name):
            return parsed(wait(do(), RUN))


def connect(row: Mapping[str, Any]) -> Shell:
    """Signs in to the machine of a row of ssh_credentials. Its host key is learned at the first time, then checked."""
    ssh = library()
    pinned = row.get("host_key")
    try:
        key = ssh.import_private_key(row["private_key"], row.get("key_passphrase"))
        trusted: Any = None if pinned is None else ([ssh.import_public_key(pinned)], [], [])
    except (ssh.KeyImportError, ssh.KeyEncryptionError) as error:
        raise HostError(
            f"{row['name']}: its private key or host key cannot be read: {error}", kind="credentials"
        ) from None
    with told(row["name"], kind="refused"):
        connection = wait(
            ssh.connect(
                row["hostname"],
                row["port"],
                username=row["username"],
                client_keys=[key],
                known_hosts=trusted,
                config=None,
                agent_path=None,
                keepalive_interval=30,
            ),
            CONNECT,
        )
    shown = connection.get_server_host_key()
    learned = {"host_key": shown.export_public_key().decode().strip()} if pinned is None and shown is not None else {}
    return Shell(row["name"], connection, learned)


def library() -> Any:
    """asyncssh; HostError says how to install it."""
    try:
        import asyncssh
    except ImportError:
        raise HostError(
            "asyncssh is not installed, which the modules ssh_* need",
            hint=INSTALL,
        ) from None
    return asyncssh


@contextmanager
def told(name: str, kind: str = "unknown") -> Iterator[None]:
    """What goes wrong on the way to a machine, told with its name; `kind` is that of a lost connection."""
    ssh = library()
    try:
        yield
    except ssh.HostKeyNotVerifiable:
        changed = f"{name}: it shows another host key than ssh_credentials.host_key"
        raise HostError(changed, hint=f"{PIN}'{name}'") from None
    except ssh.PermissionDenied as error:
        raise HostError(f"{name}: it refuses the key: {error.reason}", kind="credentials") from None
    except ssh.SFTPError as error:
        missing = isinstance(error, ssh.SFTPNoSuchFile | ssh.SFTPNoSuchPath)
        raise HostError(f"{name}: {error.reason}", kind="gone" if missing else "refused") from None
    except ssh.ChannelOpenError as error:
        raise HostError(f"{name}: {error.reason}") from None
    except TimeoutError:
        raise HostError(f"{name}: it does not answer in time", kind=kind) from None
    except (ssh.Error, OSError) as error:
        raise HostError(f"{name}: {error}", kind=kind) from None


def parsed(answer: bytes) -> tuple[int, bytes]:
    """Status and body of an HTTP answer."""
    response = http.client.HTTPResponse(_Wire(answer))  # type: ignore[arg-type]
    try:
        response.begin()
        return response.status, response.read()
    except http.client.HTTPException as error:
        raise HostError(f"no HTTP answer: {type(error).__name__}", kind="unknown") from None


class _Wire:
    """What http.client reads an answer from."""

    def __init__(self, answer: bytes) -> None:
        self._answer = answer

    def makefile(self, mode: str) -> io.BytesIO:
        return io.BytesIO(self._answer)
