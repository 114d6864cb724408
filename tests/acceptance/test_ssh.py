"""Machines that are reached by SSH, their files, packages and containers, as a user types them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import asyncssh
import psycopg
import pytest

from tests.acceptance.conftest import Sql
from tests.machines import USER, Docker, Machine, machine


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Machine]:
    with machine(tmp_path / "web", passphrase="geheim-17", docker=Docker()) as found:
        yield found


@pytest.fixture
def installed(sql: Sql, web: Machine) -> Sql:
    sql("select * from iasql_install('ssh_accounts', 'ssh_apt', 'ssh_docker')")
    sql(
        "insert into ssh_credentials (name, hostname, port, username, private_key, key_passphrase)"
        " values ('web', '127.0.0.1', %s, %s, %s, 'geheim-17')",
        web.port, USER, web.private_key,
    )  # fmt: skip
    return sql


def test_commands_and_files(installed: Sql, web: Machine) -> None:
    assert installed("select * from ssh_exec('web', 'echo häh; echo no >&2')") == [{"stdout": "häh\n"}]
    with pytest.raises(psycopg.Error, match=r"web: a command ended with status 3: oh no"):
        installed("select * from ssh_exec('web', 'echo oh no >&2; exit 3')")
    here = str(web.folder / "files")
    assert installed("select * from ssh_mkdir('web', %s)", here) == [{"status": "created"}]
    assert installed("select * from ssh_write_file_text('web', %s, 'häh')", f"{here}/a") == [{"status": "written"}]
    assert installed("select * from ssh_write_file_text('web', %s, '')", f"{here}/b") == [{"status": "written"}]
    assert installed("select * from ssh_mv('web', %s, %s)", f"{here}/b", f"{here}/c") == [{"status": "moved"}]
    assert installed("select * from ssh_read_file_text('web', %s, %s)", f"{here}/a", f"{here}/c") == [
        {"path": f"{here}/a", "data": "häh"}, {"path": f"{here}/c", "data": ""},
    ]  # fmt: skip
    rows = installed("select filename, permissions, size_bytes, attrs->>'uid' uid from ssh_ls('web', %s)", here)
    assert [(row["filename"], row["permissions"][0], row["size_bytes"]) for row in rows] == [
        ("a", "-", 4),
        ("c", "-", 0),
    ]
    for name in ("a", "c"):
        assert installed("select * from ssh_rm('web', %s)", f"{here}/{name}") == [{"status": "deleted"}]
    assert installed("select * from ssh_rmdir('web', %s)", here) == [{"status": "deleted"}]
    with pytest.raises(psycopg.Error, match="web: No such file"):
        installed("select * from ssh_ls('web', %s)", here)
    assert len(web.connections) == 1  # one connection served all of it
    calls = installed(
        "select change->'intent' i from iasql_audit_log where change->'intent'->>'function' = 'ssh_mkdir'"
    )
    assert calls[0]["i"] == {"function": "ssh_mkdir", "server_name": "web", "path": here}


def test_the_key_is_a_secret_and_the_machine_must_stay_the_same(installed: Sql, web: Machine) -> None:
    installed("select * from ssh_exec('web', 'true')")
    row = installed.one("select private_key, key_passphrase, host_key from ssh_credentials")
    assert (row["private_key"], row["key_passphrase"]) == ("********", "********")
    assert row["host_key"] == web.host_key.export_public_key().decode().strip()
    whole = installed.one("select string_agg(l::text, ' ') t from iasql_audit_log l")["t"]
    assert "geheim-17" not in whole
    assert "PRIVATE KEY" not in whole
    assert installed.one(
        "select origin o from iasql_audit_log where change->'change' ? 'host_key' and change_type = 'UPDATE'"
    ) == {"o": "engine"}
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
    installed("update ssh_credentials set host_key = %s", other)
    with pytest.raises(psycopg.Error, match="web: it shows another host key") as changed:
        installed("select * from ssh_exec('web', 'true')")
    assert "host_key = null" in str(changed.value.diag.message_hint)
    installed("update ssh_credentials set host_key = null")
    installed("select * from ssh_exec('web', 'true')")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("key_passphrase = 'wrong'", "private key or host key cannot be read"),
        ("private_key = 'no key'", "private key or host key cannot be read"),
        ("port = 1", "web: .*[Cc]onnect"),
        ("hostname = 'no.such.host.invalid'", "web: "),
        ("name = 'other'", "ssh_credentials has no row web"),
    ],
)
def test_a_machine_that_cannot_be_reached_is_told(installed: Sql, change: str, said: str) -> None:
    installed(f"update ssh_credentials set {change}")
    with pytest.raises(psycopg.Error, match=said) as error:
        installed("select * from ssh_exec('web', 'true')")
    assert "wrong" not in str(error.value)
    with pytest.raises(psycopg.Error, match="a value is needed for server_name"):
        installed("select * from ssh_exec(null, 'true')")


def test_packages(installed: Sql, web: Machine) -> None:
    installed("select * from iasql_refresh()")
    rows = installed(
        "select package, version, installed, upgradable, description from package order by package, version"
    )
    assert [tuple(row.values()) for row in rows] == [
        ("curl", "8.5.0-2", True, True, "Gets URLs"),
        ("curl", "8.5.0-3", False, False, "Gets URLs"),
        ("tzdata", "2024a-1", True, False, "Time zones"),
    ]
    installed("select * from iasql_begin()")
    installed("update package set installed = true where version = '8.5.0-3'")
    installed(
        "insert into package (server, package, version, architecture, installed)"
        " values ('web', 'jq', '1.7', 'amd64', true)"
    )
    installed("delete from package where package = 'tzdata'")
    assert {row["table_name"] for row in installed("select * from iasql_preview()")} == {"package"}
    installed("select * from iasql_commit(allow => array['mass_delete'])")
    assert sorted(web.packages()) == ["curl 8.5.0-3", "jq 1.7"]
    installed("select * from iasql_refresh()")
    rows = installed("select package, version, installed from package order by package")
    assert [tuple(row.values()) for row in rows] == [("curl", "8.5.0-3", True), ("jq", "1.7", True)]
    assert installed("select * from apt_update('web')") == [{"stdout": "Reading package lists...\n"}]
    (web.folder / "broken").touch()
    installed("select * from iasql_begin()")
    installed("update package set installed = false where package = 'jq'")
    with pytest.raises(psycopg.Error, match="Unable to fetch some archives"):
        installed("select * from iasql_commit()")
    assert installed.one("select installed from package where package = 'jq'") == {"installed": True}


def test_containers(installed: Sql, web: Machine) -> None:
    docker = web.docker
    assert docker is not None
    installed("select * from iasql_begin()")
    installed(
        "insert into docker_container (server_name, name, image, env, ports) values ('web', 'site', 'nginx:1.27',"
        """ '{A=1}', '{"80/tcp": [{"HostPort": "8080"}]}')"""
    )
    installed("select * from iasql_commit()")
    (made,) = docker.containers.values()
    assert (made["Name"], made["State"]["Status"]) == ("/site", "running")
    row = installed.one("select container_id, state, env, command, labels, ports, created from docker_container")
    assert (row["container_id"], row["state"], row["env"], row["command"]) == (made["Id"], "running", ["A=1"], None)
    assert (row["labels"], row["ports"]) == (None, {"80/tcp": [{"HostPort": "8080"}]})
    assert row["created"].year == 2024
    assert installed("select * from iasql_sync(array['docker_container'])") == []

    for state in ("paused", "exited", "running"):
        installed("select * from iasql_begin()")
        installed("update docker_container set state = %s::docker_container_state_enum", state)
        installed("select * from iasql_commit()")
        assert docker.containers[made["Id"]]["State"]["Status"] == state
    made["State"]["Status"] = "exited"
    installed("select * from iasql_refresh()")
    assert installed.one("select state from docker_container") == {"state": "exited"}

    installed("select * from iasql_begin()")
    installed("update docker_container set env = '{A=2}'")
    installed("select * from iasql_commit(allow => array['replaces', 'destroys_data'])")
    (again,) = docker.containers.values()
    assert again["Id"] != made["Id"]
    assert again["Config"]["Env"][-1] == "A=2"

    installed("select * from iasql_begin()")
    installed("insert into docker_container (server_name, image) values ('web', 'nowhere:1')")
    with pytest.raises(psycopg.Error, match="Docker cannot pull nowhere:1: manifest unknown"):
        installed("select * from iasql_commit()")
    installed("select * from iasql_begin()")
    installed("delete from docker_container")
    installed("select * from iasql_commit(allow => array['destroys_data'])")
    assert docker.containers == {}
    web.docker = None
    assert installed("select * from iasql_sync(array['docker_container'])") == []
