"""A module of a user's own in a folder: `module.toml` and files of SQL.

    name = "web_site"
    version = "1.0.0"
    description = "A bucket that is a website, in one row."
    dependencies = ["aws_s3"]
    install = ["tables.sql", "triggers.sql"]     # run in this order
    uninstall = ["goodbye.sql"]                  # rarely needed: what was made is taken away anyway

    [[rebuild]]                                  # for a table that follows others
    table = "web_site"
    from = "web_site_found"
    follows = ["bucket", "bucket_website"]

The next step is `iasql.db.added`.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Collection, Iterable, Mapping
from graphlib import CycleError
from pathlib import Path
from typing import Any

from iasql.errors import InvalidArgument
from iasql.modules import discover, in_order
from iasql.resource import AddedModule, Module, Rebuild

FILE = "module.toml"
KEYS = {
    "name": str, "version": str, "description": str, "dependencies": list, "install": list, "uninstall": list,
    "rebuild": list,
}  # fmt: skip
NEEDED = ("name", "version", "install")
REBUILD = {"table": str, "from": str, "follows": list}
NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+-]*")
WORDS: Mapping[type, str] = {str: "a text", list: "a list"}


def read(folder: Path) -> AddedModule:
    """The module of a folder; InvalidArgument says what in it is wrong."""
    told = _parsed(folder)
    _refuse_misfits(told, KEYS, NEEDED, FILE)
    for key, pattern in (("name", NAME), ("version", VERSION)):
        if not pattern.fullmatch(told[key]):
            raise InvalidArgument(f"{FILE}: {key} is {told[key]!r}; allowed is {pattern.pattern}")
    return AddedModule(
        name=told["name"],
        version=told["version"],
        comment=told.get("description", ""),
        dependencies=tuple(_texts(told, "dependencies")),
        install=_sql(folder, _texts(told, "install")),
        uninstall=_sql(folder, _texts(told, "uninstall")),
        rebuilds=tuple(_rebuild(each) for each in told.get("rebuild", ())),
    )


def refuse_unfit(module: AddedModule, added: Iterable[Module]) -> None:
    """Raises where the module's name is taken, and where what it depends on does not exist or needs the module."""
    own = discover()
    if module.name in own or module.name.startswith("iasql_"):
        raise InvalidArgument(f"{FILE}: {module.name} is a module of IaSQL's own", hint="Give it another name.")
    others = {each.name: each for each in added} | dict(own) | {module.name: module}
    for name in module.dependencies:
        if name not in others or name == module.name:
            raise InvalidArgument(
                f"{FILE}: dependencies: there is no module {name}" + _meant(name, others.keys() - {module.name})
            )
    try:
        in_order(others.values())
    except CycleError as error:
        raise InvalidArgument(f"{FILE}: dependencies: a circle of {', '.join(sorted(set(error.args[1])))}") from None


def _parsed(folder: Path) -> dict[str, Any]:
    file = folder / FILE
    if not file.is_file():
        raise InvalidArgument(f"{folder} has no {FILE}", hint="docs/how-to/modules.md shows one.")
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidArgument(f"{file} is no TOML: {error}") from None


def _refuse_misfits(told: Any, keys: Mapping[str, type], needed: Iterable[str], where: str) -> None:
    if not isinstance(told, Mapping):
        raise InvalidArgument(f"{where} must be a table of {', '.join(keys)}")
    for key, value in told.items():
        if key not in keys:
            raise InvalidArgument(
                f"{where}: there is no key {key}{_meant(key, keys)}", hint=f"Keys: {', '.join(keys)}."
            )
        if not isinstance(value, keys[key]):
            raise InvalidArgument(f"{where}: {key} must be {WORDS[keys[key]]}")
    missing = [key for key in needed if not told.get(key)]
    if missing:
        raise InvalidArgument(f"{where}: {', '.join(missing)} is missing")


def _rebuild(told: Any) -> Rebuild:
    where = f"{FILE}: rebuild"
    _refuse_misfits(told, REBUILD, REBUILD, where)
    return Rebuild(table=told["table"], source=told["from"], follows=tuple(_texts(told, "follows", where)))


def _texts(told: Mapping[str, Any], key: str, where: str = FILE) -> list[str]:
    found: list[str] = told.get(key, [])
    if not all(isinstance(each, str) for each in found):
        raise InvalidArgument(f"{where}: {key} must be a list of texts")
    return found


def _sql(folder: Path, names: Iterable[str]) -> str:
    return "\n".join(_file(folder, name) for name in names)


def _file(folder: Path, name: str) -> str:
    file = (folder / name).resolve()
    if not file.is_relative_to(folder.resolve()):
        raise InvalidArgument(f"{FILE}: {name} is outside of {folder}")
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidArgument(f"{FILE}: {name} cannot be read: {error}") from None


def _meant(name: str, known: Collection[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f". Did you mean: {close[0]}" if close else ""
