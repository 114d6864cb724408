"""The functions ssh_*: commands and files of a machine."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from iasql.errors import InvalidArgument
from iasql.modules.ssh_accounts.ssh_credentials import SSH
from iasql.resource import Argument, Function

Rows = Iterator[dict[str, Any]]
SERVER = Argument("server_name")
STATUS = (("status", "text"),)
ATTRIBUTES = ("uid", "gid", "permissions", "atime", "mtime")


def execute(context: Any, *, server_name: str, command: str) -> Rows:
    """One row with what the command printed."""
    yield {"stdout": at(context, server_name=server_name, command=command).run(command).stdout}


def listed(context: Any, *, server_name: str, path: str) -> Rows:
    """One row a file, by name; neither `.` nor `..`."""
    shell = at(context, server_name=server_name, path=path)
    found = sorted(shell.files(lambda files: files.readdir(path)), key=lambda file: str(file.filename))
    yield from (_file(file) for file in found if file.filename not in (".", ".."))


def _file(file: Any) -> dict[str, Any]:
    """A row of ssh_ls; number of links and names of owner and group stand in the long form only."""
    attributes, words = file.attrs, str(file.longname or "").split(None, 8)
    links, owner, group = words[1:4] if len(words) > 4 else (attributes.nlink, attributes.uid, attributes.gid)
    return {
        "filename": str(file.filename),
        "permissions": stat.filemode(attributes.permissions or 0),
        "link_count": links,
        "owner_name": str(owner),
        "group_name": str(group),
        "size_bytes": attributes.size,
        "attrs": {
            n: v for n in ("uid", "gid", "permissions", "atime", "mtime") if (v := getattr(attributes, n)) is not None
        },
    }


def read_text(context: Any, *, server_name: str, paths: list[str]) -> Rows:
    """One row a path, in the order they were given."""
    if not paths:
        raise InvalidArgument("ssh_read_file_text needs a path")
    for path in paths:
        yield {"path": path, "data": _text(path, at(context, server_name=server_name, path=path).files(_reader(path)))}


def _reader(path: str) -> Callable[[Any], Any]:
    async def read(files: Any) -> bytes:
        async with files.open(path, "rb") as file:
            return bytes(await file.read())

    return read


def _text(path: str, content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise InvalidArgument(f"{path} is no UTF-8 text") from None


def write_text(context: Any, *, server_name: str, path: str, data: str) -> Rows:
    """Writes a file anew."""

    async def write(files: Any) -> None:
        async with files.open(path, "wb") as file:
            await file.write((data or "").encode())

    at(context, server_name=server_name, path=path).files(write)
    yield {"status": "written"}


def move(context: Any, *, server_name: str, origin: str, destination: str) -> Rows:
    """Renames a file or directory."""
    shell = at(context, server_name=server_name, origin=origin, destination=destination)
    shell.files(lambda files: files.rename(origin, destination))
    yield {"status": "moved"}


def does(verb: str, status: str) -> Callable[..., Rows]:
    """A function that does one thing with one path."""

    def run(context: Any, *, server_name: str, path: str) -> Rows:
        at(context, server_name=server_name, path=path).files(lambda files: getattr(files, verb)(path))
        yield {"status": status}

    return run


def at(context: Any, *, server_name: str, **needed: str) -> Any:
    """The machine; InvalidArgument where an argument is missing."""
    missing = [name for name, value in {"server_name": server_name, **needed}.items() if not value]
    if missing:
        raise InvalidArgument(f"a value is needed for {', '.join(missing)}")
    return context.at(SSH, server_name)


def about(asked: Mapping[str, Any]) -> dict[str, Any]:
    """What the log tells of a call: which machine and which files; a command or a content may hold a secret."""
    return {name: asked[name] for name in ("server_name", "path", "origin", "destination") if asked.get(name)}


READING = frozenset(("ssh_ls", "ssh_read_file_text"))
LISTED = (
    ("filename", "text"), ("permissions", "text"), ("link_count", "integer"), ("owner_name", "text"),
    ("group_name", "text"), ("size_bytes", "bigint"), ("attrs", "json"),
)  # fmt: skip


def _function(name: str, run: Callable[..., Any], arguments: str, comment: str, sample: str, **said: Any) -> Function:
    return Function(
        name=name,
        arguments=(SERVER, *(Argument(each) for each in arguments.split())),
        run=run,
        mutates=name not in READING,
        tells=about,
        comment=comment,
        sample=f"select * from {name}({sample})",  # noqa: S608 - shown, not run
        **({"returns": STATUS} | said),
    )


FUNCTIONS = (
    _function("ssh_exec", execute, "command", "Runs a command on a machine and gives what it printed.",
              "'web', 'uptime'", returns=(("stdout", "text"),)),
    _function("ssh_ls", listed, "path", "Lists a directory of a machine.", "'web', '/etc'", returns=LISTED),
    _function("ssh_mkdir", does("mkdir", "created"), "path", "Makes a directory on a machine.", "'web', '/srv/new'"),
    _function("ssh_mv", move, "origin destination", "Renames a file of a machine.", "'web', '/srv/a', '/srv/b'"),
    _function("ssh_rm", does("remove", "deleted"), "path", "Deletes a file of a machine.", "'web', '/srv/old.txt'"),
    _function("ssh_rmdir", does("rmdir", "deleted"), "path", "Deletes an empty directory of a machine.",
              "'web', '/srv/old'"),
    _function("ssh_read_file_text", read_text, "paths", "Reads text files of a machine, one row a path.",
              "'web', '/etc/hostname', '/etc/hosts'", returns=(("path", "text"), ("data", "text")), variadic=True),
    _function("ssh_write_file_text", write_text, "path data", "Writes a text file of a machine anew.",
              "'web', '/srv/hello.txt', 'Hello'"),
)  # fmt: skip
