"""A container of Docker's on a machine: made from an image, then brought into the state that its row says."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from iasql.errors import HostError
from iasql.modules.ssh_accounts.ssh_credentials import SSH
from iasql.modules.ssh_docker.engine import ask, pull
from iasql.resource import Json, Resource, StringList, column, computed, ref, row, takes

State = Literal["created", "restarting", "running", "removing", "paused", "exited", "dead"]
WANTED = ("created", "running", "paused", "exited")
"""The states that a user may ask for; the others Docker passes through by itself."""


@row
class DockerContainer:
    """A container of Docker's on a machine that is reached by SSH."""

    server_name: str = ref("ssh_credentials", column="name", cloud_id=True, role="replace", comment="The machine.")
    container_id: str | None = column(cloud_id=True, role="computed", comment="The id that Docker gave it.")
    name: str | None = column(role="replace", comment="Its name; null: Docker makes one up.")
    image: str = column(role="replace", comment="The image that it is made from; pulled first.")
    env: StringList | None = column(role="replace", comment="NAME=value, shown to all who read the table.")
    command: StringList | None = column(role="replace", comment="What it runs, in the place of the image's own.")
    entrypoint: StringList | None = column(
        role="replace", comment="What it starts with, in the place of the image's own."
    )
    created: datetime | None = computed(comment="When it was made.")
    ports: Json | None = column(
        role="replace", comment='Which of its ports are bound: {"80/tcp": [{"HostPort": "8080"}]}.'
    )
    labels: Json | None = column(role="replace", comment="Its labels.")
    state: State | None = column(role="mutable", default="running", comment="What it does.")
    volumes: StringList | None = column(role="replace", comment="Paths in it that are volumes without a name.")
    mounts: Json | None = column(role="replace", comment="What is mounted into it, as Docker's HostConfig.Mounts.")
    binds: StringList | None = column(role="replace", comment="Directories of the machine in it: /here:/there.")


def read(shell: Any, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The containers of one machine, stopped ones too; none where it has no Docker."""
    if shell.run("test -S /var/run/docker.sock", check=False).status != 0:
        return []
    found = (_inspected(shell, each["Id"]) for each in ask(shell, "GET", "/containers/json", all="true"))
    return [container for container in found if container is not None]


def one(shell: Any, values: Mapping[str, Any]) -> dict[str, Any] | None:
    """One container by its id."""
    return _inspected(shell, values["container_id"])


def _inspected(shell: Any, container: str) -> dict[str, Any] | None:
    try:
        told = ask(shell, "GET", f"/containers/{container}/json")
    except HostError as error:
        if error.kind == "gone":
            return None
        raise
    config, host = told["Config"], told["HostConfig"]
    inherited = _image(shell, told["Image"])
    env = [each for each in config.get("Env") or () if each not in (inherited.get("Env") or ())]
    own = {
        "command": config.get("Cmd") if config.get("Cmd") != inherited.get("Cmd") else None,
        "entrypoint": config.get("Entrypoint") if config.get("Entrypoint") != inherited.get("Entrypoint") else None,
        "labels": {
            n: v for n, v in (config.get("Labels") or {}).items() if (inherited.get("Labels") or {}).get(n) != v
        },
        "volumes": sorted(set(config.get("Volumes") or ()) - set(inherited.get("Volumes") or ())) or None,
    }
    return own | {
        "server_name": shell.name,
        "container_id": told["Id"],
        "name": told["Name"].lstrip("/"),
        "image": config["Image"],
        "env": env or None,
        "created": told["Created"],
        "ports": host.get("PortBindings") or {},
        "state": told["State"]["Status"],
        "mounts": host.get("Mounts") or None,
        "binds": host.get("Binds") or None,
    }


def _image(shell: Any, image: str) -> dict[str, Any]:
    """What the image says, which a row does not repeat."""
    try:
        return ask(shell, "GET", f"/images/{image}/json").get("Config") or {}
    except HostError as error:
        if error.kind == "gone":
            return {}
        raise


@takes(
    "server_name", "name", "image", "env", "command", "entrypoint", "ports", "labels", "state", "volumes", "mounts",
    "binds",
)  # fmt: skip
def create(shell: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    """Pulls the image, makes the container and brings it into its state."""
    state = values.get("state") or "running"
    _refuse_state(state)
    pull(shell, values["image"])
    host = {"PortBindings": values.get("ports"), "Binds": values.get("binds"), "Mounts": values.get("mounts")}
    said = {
        "Image": values["image"], "Env": values.get("env"), "Cmd": values.get("command"),
        "Entrypoint": values.get("entrypoint"), "Labels": values.get("labels"),
        "ExposedPorts": {port: {} for port in values.get("ports") or ()},
        "Volumes": {path: {} for path in values.get("volumes") or ()},
        "HostConfig": {name: value for name, value in host.items() if value},
    }  # fmt: skip
    query = {"name": values["name"]} if values.get("name") else {}
    made = ask(shell, "POST", "/containers/create", {n: v for n, v in said.items() if v}, **query)
    _bring(shell, made["Id"], "created", state)
    return _inspected(shell, made["Id"]) or {"container_id": made["Id"]}


@takes("state")
def change(shell: Any, values: Mapping[str, Any]) -> None:
    """Brings it from its state into another."""
    state = values.get("state") or "running"
    _refuse_state(state)
    _bring(shell, values["container_id"], values["$before"].get("state") or "created", state)


def _bring(shell: Any, container: str, before: str, state: str) -> None:
    for verb in _way(before, state):
        ask(shell, "POST", f"/containers/{container}/{verb}")


def _way(before: str, state: str) -> tuple[str, ...]:
    """What leads from one state to another; HostError where nothing does."""
    if before == state:
        return ()
    if state == "created":
        raise HostError(
            f"a container that is {before} never is as newly created again", hint="Delete the row and insert it."
        )
    if state == "running":
        return ("unpause",) if before == "paused" else ("start",)
    if state == "paused":
        return ("pause",) if before == "running" else ("start", "pause")
    return ("unpause", "stop") if before == "paused" else ("stop",) if before == "running" else ("start", "stop")


def _refuse_state(state: str) -> None:
    if state not in WANTED:
        raise HostError(f"a container cannot be made {state}", hint=f"Allowed: {', '.join(WANTED)}.")


def remove(shell: Any, values: Mapping[str, Any]) -> None:
    """Stops and deletes it; volumes with a name stay."""
    ask(shell, "DELETE", f"/containers/{values['container_id']}", force="true")


DOCKER_CONTAINER = Resource(
    DockerContainer,
    host=SSH,
    per="ssh_credentials",
    unique_if_set=(("server_name", "container_id"), ("server_name", "name")),
    natural=("server_name", "name"),
    list=read,
    get=one,
    create=create,
    update=change,
    delete=remove,
    holds_data="what it wrote outside of volumes",
    replace_order="delete_first",
)
