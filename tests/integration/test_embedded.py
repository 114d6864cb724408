"""A PostgreSQL of our own: made, found again, shared between processes, and ended without a trace."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import attrs
import psutil
import psycopg
import pytest

from iasql.errors import ServerFailed, ServerInUse
from iasql.server import embedded as embedded_module
from iasql.server.binaries import psql, wheel
from iasql.server.embedded import Embedded
from iasql.server.postmaster import Postmaster, postmaster
from tests.integration.place import eventually

STARTED_ELSEWHERE = """
import sys, time
from pathlib import Path
from iasql.server.embedded import Embedded
server = Embedded(Path(sys.argv[1]))
print(server.start().port, flush=True)
time.sleep(60)
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that also a server of root's can enter."""
    path = Path(tempfile.mkdtemp(prefix="iasql-embedded-"))
    path.chmod(0o711)
    yield path
    for cluster in path.glob("*/cluster"):
        Embedded(cluster.parent).stop()
    shutil.rmtree(path)


@pytest.fixture
def server(folder: Path) -> Embedded:
    """One that was never started."""
    return Embedded(folder / "one")


def running(server: Embedded) -> Postmaster:
    """The live process of a server."""
    found = postmaster(server.cluster)
    assert found is not None
    return found


def processes(server: Embedded) -> list[int]:
    """Every process that works in the server's cluster."""
    found = [each.pid for each in psutil.process_iter(["cwd"]) if each.info["cwd"] == str(server.cluster)]
    return [pid for pid in found if psutil.Process(pid).status() != psutil.STATUS_ZOMBIE]


def test_from_nothing_to_a_server_that_survives_restarts(server: Embedded) -> None:
    with server:
        port = server.address().port
        with server.admin_connection() as admin:
            admin.execute("create table kept (i integer)")
    assert not server.running()
    with server:
        assert server.address().port == port
        with server.admin_connection() as admin:
            admin.execute("select from kept")


def test_stop_leaves_no_process_and_may_be_repeated(server: Embedded) -> None:
    server.stop()
    server.start()
    assert processes(server)
    server.stop()
    assert processes(server) == []
    server.stop()
    with pytest.raises(ServerFailed, match="no server runs") as caught:
        server.address()
    assert "iasql up" in (caught.value.hint or "")


def test_it_asks_for_passwords_and_shows_none(server: Embedded) -> None:
    address = server.start()
    dsn = address.dsn("postgres", "postgres")
    password = server.password("postgres")
    assert password not in dsn
    assert stat.S_IMODE(server.passfile.path.stat().st_mode) == 0o600
    psycopg.connect(dsn).close()
    for wrong in (f"host=127.0.0.1 port={address.port} user=postgres password=guess", dsn.partition("?")[0]):
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(wrong, passfile="/dev/null")
    with server.admin_connection() as admin:
        methods = admin.execute("select distinct auth_method from pg_hba_file_rules").fetchall()
    assert methods == [("scram-sha-256",)]


def test_remembered_passwords_log_in(server: Embedded) -> None:
    address = server.start()
    server.remember("odd:na\\me", "odd:pass\\word")
    made = server.password("plain")
    assert server.password("plain") == made
    with server.admin_connection() as admin:
        admin.execute("create role \"odd:na\\me\" login password 'odd:pass\\word'")
        admin.execute(f"create role plain login password '{made}'")  # type: ignore[call-overload]
    for role in ("odd:na\\me", "plain"):
        psycopg.connect(address.dsn(role, "postgres")).close()


def test_it_listens_on_this_machine_only(server: Embedded) -> None:
    server.start()
    listening = [
        each.laddr.ip for each in psutil.Process(running(server).pid).net_connections() if each.status == "LISTEN"
    ]
    assert listening == ["127.0.0.1"]


def test_statements_with_secrets_stay_out_of_the_log(server: Embedded) -> None:
    server.start()
    with server.admin_connection() as admin, pytest.raises(psycopg.errors.UndefinedTable):
        admin.execute("insert into nowhere values ('top secret')")
    told = server.log.read_text()
    assert "nowhere" in told
    assert "top secret" not in told


def test_a_second_server_on_the_same_folder_is_refused(server: Embedded) -> None:
    server.start()
    with pytest.raises(ServerInUse, match=f"in use by process {os.getpid()}"):
        Embedded(server.data_dir).start()
    assert Embedded(server.data_dir).owner() == os.getpid()
    with server.admin_connection() as admin:
        admin.execute("select 1")


def test_two_folders_get_two_ports(server: Embedded, folder: Path) -> None:
    other = Embedded(folder / "two")
    assert server.start().port != other.start().port
    with pytest.raises(ServerFailed, match="did not start at port"):
        Embedded(folder / "three").start(port=server.address().port)


def test_another_process_may_use_it_but_not_start_it(server: Embedded) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", STARTED_ELSEWHERE, str(server.data_dir)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    port = int(process.stdout.readline())
    try:
        assert server.address().port == port
        with server.admin_connection() as admin:
            admin.execute("select 1")
        assert server.owner() == process.pid
        with pytest.raises(ServerInUse, match=f"in use by process {process.pid}"):
            server.start()
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    # its owner was killed: the server is left running, and the next one takes it over as it is
    before = running(server).pid
    assert server.owner() is None
    with pytest.raises(ServerInUse, match="already runs"):
        server.start(port=port + 1)
    assert server.start().port == port
    assert running(server).pid == before


def test_a_server_killed_is_started_again(server: Embedded) -> None:
    server.start()
    with server.admin_connection() as admin:
        admin.execute("create table kept as select 1 as i")
    os.kill(running(server).pid, signal.SIGKILL)
    eventually(lambda: not server.running())
    server.stop()
    with server, server.admin_connection() as admin:
        assert admin.execute("select i from kept").fetchone() == (1,)


def test_a_pid_that_means_another_process_by_now(server: Embedded) -> None:
    server.start()
    server.stop()
    note = server.cluster / "postmaster.pid"
    note.write_text(f"{os.getpid()}\n{server.cluster}\n{int(time.time()) - 1000}\n5432\n\n127.0.0.1\n1 1\nready\n")
    assert not server.running()
    with server:
        assert server.running()


def test_a_cluster_half_made_is_made_again(server: Embedded) -> None:
    (server.data_dir / "cluster.new").mkdir(parents=True)
    (server.data_dir / "cluster.new" / "PG_VERSION").write_text("18\n")
    with server:
        assert server.running()


def test_another_versions_folder_is_refused(server: Embedded) -> None:
    server.start()
    server.stop()
    (server.cluster / "PG_VERSION").write_text("16\n")
    with pytest.raises(ServerFailed, match="made by PostgreSQL 16"):
        server.start()
    assert server.owner() is None


def test_psql_comes_with_it(server: Embedded) -> None:
    address = server.start()
    said = subprocess.run(
        [psql(), "-X", "-Atc", "select 'hello'", address.dsn("postgres", "postgres")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout == "hello\n"


as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to step down")


@as_root
def test_root_lends_its_server_to_an_account_without_rights(server: Embedded) -> None:
    server.start()
    assert psutil.Process(running(server).pid).uids().effective != 0
    assert server.cluster.stat().st_uid == psutil.Process(running(server).pid).uids().effective
    assert server.passfile.path.stat().st_uid == 0


@as_root
def test_a_folder_that_account_cannot_enter_is_a_clear_error(folder: Path) -> None:
    (folder / "closed").mkdir(mode=0o700)
    with pytest.raises(ServerFailed, match=f"may not enter {folder / 'closed'}") as caught:
        Embedded(folder / "closed" / "data").start()
    assert "--data-dir" in (caught.value.hint or "")


@as_root
def test_programs_that_account_cannot_reach_are_copied(
    server: Embedded, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hidden = folder / "hidden"
    hidden.mkdir(mode=0o700)
    far = wheel().copied_to(hidden)
    monkeypatch.setattr(embedded_module, "wheel", lambda: far)
    with server:
        program = Path(psutil.Process(running(server).pid).exe())
    assert program.is_relative_to(server.data_dir)
    assert attrs.asdict(far)["version"] in str(program)
    shutil.rmtree(hidden)
