"""A package of a machine: one that is installed, or the version that an installed one can be upgraded to."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from iasql.errors import HostError
from iasql.modules.ssh_accounts.functions import SERVER, about, at
from iasql.modules.ssh_accounts.ssh_credentials import SSH
from iasql.resource import Function, Resource, column, computed, ref, row, takes

INSTALLED = r"dpkg-query -W -f '${db:Status-Abbrev}\t${Package}\t${Version}\t${Architecture}\t${binary:Summary}\n'"
UPGRADABLE = "apt list --upgradable 2>/dev/null"
OFFER = re.compile(
    r"(?P<package>[^/\s]+)/\S+ (?P<version>\S+) (?P<architecture>\S+) \[upgradable from: (?P<old>[^\]]+)\]"
)
NOT_FOUND = 127


@row
class Package:
    """A package that is installed on a machine, or that an installed one can be upgraded to."""

    server: str = ref("ssh_credentials", column="name", cloud_id=True, role="replace", comment="The machine.")
    package: str = column(cloud_id=True, role="replace", comment="Its name.")
    version: str = column(cloud_id=True, role="replace", comment="Its version.")
    architecture: str = column(cloud_id=True, role="replace", comment="The architecture that it is built for.")
    description: str | None = computed(comment="What it is, in a line.")
    installed: bool = column(default=False, role="mutable", comment="Whether it is installed; true installs it.")
    upgradable: bool = computed(default=False, comment="Whether there is a newer version.")


def read(shell: Any, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The packages of one machine; none where it has no dpkg."""
    answer = shell.run(INSTALLED, check=False)
    if answer.status == NOT_FOUND:
        return []
    if answer.status != 0:
        raise HostError(f"{shell.name}: dpkg-query: {answer.stderr.strip()}")
    here = [line.split("\t", 4) for line in answer.stdout.splitlines() if line.startswith("ii")]
    offers = [found.groupdict() for found in map(OFFER.match, shell.run(UPGRADABLE).stdout.splitlines()) if found]
    old = {(offer["package"], offer["old"]) for offer in offers}
    about_it = {package: summary for _, package, _, _, summary in here}
    found = [
        _told(shell, package, version, architecture, summary, installed=True, upgradable=(package, version) in old)
        for _, package, version, architecture, summary in here
    ]
    return found + [
        _told(shell, offer["package"], offer["version"], offer["architecture"], about_it.get(offer["package"], ""))
        for offer in offers
    ]


def _told(shell: Any, package: str, version: str, architecture: str, summary: str, **said: bool) -> dict[str, Any]:
    told = {"installed": False, "upgradable": False} | said
    named = {"server": shell.name, "package": package, "version": version, "architecture": architecture}
    return named | {"description": summary or None} | told


@takes("server", "package", "version", "architecture", "installed")
def install(shell: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    """Installs this very version."""
    if not values.get("installed"):
        raise HostError(f"{values['package']}: a row that is to be made must be installed", hint="installed => true")
    apt(shell, "install", "--allow-downgrades", _named(values))
    return {}


@takes("installed")
def change(shell: Any, values: Mapping[str, Any]) -> None:
    """Installs or removes it."""
    if values.get("installed"):
        apt(shell, "install", "--allow-downgrades", _named(values))
    else:
        remove(shell, values)


def remove(shell: Any, values: Mapping[str, Any]) -> None:
    """Removes it, where this version is installed; its configuration stays."""
    named = shlex.quote(f"{values['package']}:{values['architecture']}")
    installed = shell.run(f"dpkg-query -W -f '${{Version}}' {named}", check=False)
    if installed.status == 0 and installed.stdout == values["version"]:
        apt(shell, "remove", f"{values['package']}:{values['architecture']}")


def apt(shell: Any, *words: str) -> str:
    """Runs apt-get, as root or by sudo without a password."""
    command = shlex.join(("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-y", "-q", *words))
    return str(shell.run(f'if [ "$(id -u)" = 0 ]; then {command}; else sudo -n {command}; fi').stdout)


def _named(values: Mapping[str, Any]) -> str:
    return f"{values['package']}:{values['architecture']}={values['version']}"


PACKAGE = Resource(
    Package,
    host=SSH,
    per="ssh_credentials",
    unique=(("server", "package", "version", "architecture"),),
    list=read,
    create=install,
    update=change,
    delete=remove,
    one_by_one="server",
    replace_order="delete_first",
)


def update_lists(context: Any, *, server_name: str) -> Iterator[dict[str, Any]]:
    """One row with what apt-get update printed."""
    yield {"stdout": apt(at(context, server_name=server_name), "update")}


APT_UPDATE = Function(
    name="apt_update",
    arguments=(SERVER,),
    returns=(("stdout", "text"),),
    run=update_lists,
    mutates=True,
    tells=about,
    refreshes=("package",),
    comment="Fetches a machine's lists of packages, and reads the table package again.",
    sample="select * from apt_update('web')",
)
