"""A machine that is reached by SSH: a real SSH server in this process, with a package manager and a Docker of its own.

Commands run in a real shell that finds `dpkg-query`, `apt`, `apt-get` and `sudo` in the machine's own folder first:
small scripts over a file of packages. Docker's API is answered at the socket's place as Docker answers it.
"""

from __future__ import annotations

import asyncio
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import asyncssh
import attrs

USER = "deploy"
DPKG = r"""#!/bin/sh
# dpkg-query -W -f FORMAT [NAME:ARCH]
if [ -n "$4" ]; then
  awk -F'\t' -v n="$4" '$2 ":" $4 == n { printf "%s", $3; found = 1 } END { exit !found }' "$STATE/dpkg"
else grep '^ii' "$STATE/dpkg" || true; fi
"""
APT = r"""#!/bin/sh
echo 'Listing... Done'
cat "$STATE/offers"
"""
APT_GET = r"""#!/bin/sh
echo "$@" >> "$STATE/calls"
[ -e "$STATE/broken" ] && { echo "E: Unable to fetch some archives" >&2; exit 100; }
for word in "$@"; do last=$word; done
case "$*" in
  *update*) echo 'Reading package lists...' ;;
  *install*) name=${last%%:*}; rest=${last#*:}; arch=${rest%%=*}; version=${rest#*=}
    awk -F'\t' -v n="$name" '$2 != n' "$STATE/dpkg" > "$STATE/new"
    printf 'ii \t%s\t%s\t%s\tA package\n' "$name" "$version" "$arch" >> "$STATE/new"
    mv "$STATE/new" "$STATE/dpkg"
    grep -v "^$name/.* $version " "$STATE/offers" > "$STATE/new"
    mv "$STATE/new" "$STATE/offers" ;;
  *remove*)
    awk -F'\t' -v n="${last%%:*}" '$2 != n' "$STATE/dpkg" > "$STATE/new"
    mv "$STATE/new" "$STATE/dpkg" ;;
esac
"""
SUDO = '#!/bin/sh\nshift\nexec "$@"\n'
ID = "#!/bin/sh\necho 1000\n"
TEST_SOCKET = "test -S /var/run/docker.sock"


@attrs.define
class Docker:
    """Docker's API over containers that are dictionaries."""

    images: set[str] = attrs.field(factory=lambda: {"nginx:1.27"})
    containers: dict[str, dict[str, Any]] = attrs.field(factory=dict)
    calls: list[str] = attrs.field(factory=list)

    def answer(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        """Status and JSON."""
        split = urlsplit(path)
        query = {name: values[0] for name, values in parse_qs(split.query).items()}
        self.calls.append(f"{method} {split.path}")
        match split.path.strip("/").split("/"):
            case ["images", "create"]:
                image = f"{query['fromImage']}:{query.get('tag', 'latest')}"
                known = image in self.images
                return 200, [{"status": "Pulling"}, {"status": "Done"} if known else {"error": "manifest unknown"}]
            case ["images", _, "json"]:
                return 200, {"Config": {"Env": ["PATH=/bin"], "Cmd": ["nginx"], "Labels": {"maintainer": "nobody"}}}
            case ["containers", "json"]:
                return 200, [{"Id": identity} for identity in self.containers]
            case ["containers", "create"]:
                return self.create(query.get("name"), body)
            case ["containers", identity, *rest] if identity in self.containers:
                return self.about(method, identity, rest)
        return 404, {"message": f"No such container: {path}"}

    def create(self, name: str | None, body: dict[str, Any]) -> tuple[int, Any]:
        if any(each["Name"] == f"/{name}" for each in self.containers.values()):
            return 409, {"message": f"The container name /{name} is already in use"}
        identity = f"{len(self.calls):064x}"
        config = {
            "Image": body["Image"], "Env": ["PATH=/bin", *body.get("Env", ())], "Cmd": body.get("Cmd", ["nginx"]),
            "Labels": {"maintainer": "nobody", **body.get("Labels", {})}, "Volumes": body.get("Volumes"),
            "Entrypoint": body.get("Entrypoint"),
        }  # fmt: skip
        self.containers[identity] = {
            "Id": identity, "Name": f"/{name or 'eager_bohr'}", "Image": "sha256:1", "Config": config,
            "HostConfig": body.get("HostConfig", {}), "State": {"Status": "created"},
            "Created": "2024-01-02T03:04:05.678901234Z",
        }  # fmt: skip
        return 201, {"Id": identity, "Warnings": []}

    def about(self, method: str, identity: str, rest: list[str]) -> tuple[int, Any]:
        if method == "DELETE":
            del self.containers[identity]
            return 204, None
        if rest == ["json"]:
            return 200, self.containers[identity]
        states = {"start": "running", "unpause": "running", "pause": "paused", "stop": "exited"}
        self.containers[identity]["State"]["Status"] = states[rest[0]]
        return 204, None

    async def serve(self, reader: Any, writer: Any) -> None:
        """One connection: one request, one answer, the end."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        method, path, _ = head.split(" ", 2)
        size = next(int(line.split(":")[1]) for line in head.splitlines() if line.lower().startswith("content-length"))
        body = json.loads(await reader.readexactly(size)) if size else None
        status, told = self.answer(method, path, body)
        lines = told if isinstance(told, list) and path.startswith("/images/create") else [told]
        text = b"" if told is None else b"\n".join(json.dumps(line).encode() for line in lines)
        chunk = b"%x\r\n%s\r\n0\r\n\r\n" % (len(text), text) if text else b"0\r\n\r\n"
        writer.write(b"HTTP/1.1 %d X\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n" % status + chunk)
        writer.write_eof()
        writer.close()


@attrs.define
class Machine:
    """One machine: its address, the key to sign in with, its folder, and its Docker (None: it has none)."""

    folder: Path
    private_key: str
    port: int = 0
    docker: Docker | None = None
    commands: list[str] = attrs.field(factory=list)
    host_key: Any = None
    connections: list[Any] = attrs.field(factory=list)

    @property
    def bin(self) -> Path:
        return self.folder / "bin"

    def packages(self) -> list[str]:
        """Name and version of what is installed."""
        lines = (self.folder / "dpkg").read_text().splitlines()
        return [" ".join(line.split("\t")[1:3]) for line in lines]

    def furnish(self) -> None:
        """Its programs and packages."""
        self.bin.mkdir(parents=True)
        scripts = {"dpkg-query": DPKG, "apt": APT, "apt-get": APT_GET, "sudo": SUDO, "id": ID}
        for name, text in scripts.items():
            (self.bin / name).write_text(text)
            (self.bin / name).chmod(0o755)
        rows = ("ii \tcurl\t8.5.0-2\tamd64\tGets URLs", "ii \ttzdata\t2024a-1\tall\tTime zones")
        (self.folder / "dpkg").write_text("\n".join(rows) + "\n")
        (self.folder / "offers").write_text("curl/noble-updates 8.5.0-3 amd64 [upgradable from: 8.5.0-2]\n")


class _Server(asyncssh.SSHServer):
    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    def connection_made(self, conn: Any) -> None:
        self.machine.connections.append(conn)

    def unix_connection_requested(self, dest_path: str) -> Any:
        docker = self.machine.docker
        return False if docker is None or dest_path != "/var/run/docker.sock" else docker.serve


@contextmanager
def machine(folder: Path, *, passphrase: str | None = None, docker: Docker | None = None) -> Iterator[Machine]:
    """A machine that answers at a port of its own until the end."""
    key = asyncssh.generate_private_key("ssh-ed25519")
    private = key.export_private_key(passphrase=passphrase, rounds=50)  # no harder to guess than a test needs
    found = Machine(folder, private.decode(), docker=docker)
    found.host_key = asyncssh.generate_private_key("ssh-ed25519")
    found.furnish()
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        listener = asyncio.run_coroutine_threadsafe(listen(found, key), loop).result(10)
        found.port = listener.get_port()
        yield found
        asyncio.run_coroutine_threadsafe(hang_up(found, listener), loop).result(10)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def listen(found: Machine, key: Any, port: int = 0) -> Any:
    """The SSH server."""

    async def command(process: Any) -> None:
        found.commands.append(process.command)
        if process.command == TEST_SOCKET:
            process.exit(0 if found.docker is not None else 1)
            return
        environ = {**os.environ, "PATH": f"{found.bin}:{os.environ['PATH']}", "STATE": str(found.folder)}
        child = await asyncio.create_subprocess_shell(
            process.command, env=environ, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        out, err = await child.communicate()
        process.stdout.write(out)
        process.stderr.write(err)
        process.exit(child.returncode or 0)

    return await asyncssh.listen(
        "127.0.0.1",
        port,
        server_factory=lambda: _Server(found),
        server_host_keys=[found.host_key],
        authorized_client_keys=asyncssh.import_authorized_keys(key.export_public_key().decode()),
        process_factory=command,
        sftp_factory=True,
        encoding=None,
    )


async def hang_up(found: Machine, listener: Any) -> None:
    """Ends the server with its connections."""
    listener.close()
    for connection in found.connections:
        connection.abort()
        await connection.wait_closed()
    await listener.wait_closed()
    await asyncio.sleep(0)
