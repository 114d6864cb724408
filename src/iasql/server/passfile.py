"""The passfile: who may log in to our own server, kept where libpq and psycopg look when a DSN names it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import secrets
from collections.abc import Iterator
from pathlib import Path

import attrs

HOST = "127.0.0.1"
FIELDS = re.compile(r"((?:[^:\\\n]|\\.)*)(?::|$)")


@attrs.frozen
class Passfile:
    """Passwords by role, for every port and database of one host's server; mode 0600.

    The file may be somebody's own, with lines about other servers: those stay as they are.
    """

    path: Path
    host: str = HOST

    def password(self, role: str) -> str | None:
        """What this role logs in with, or None."""
        known = (line for line in map(_fields, self._lines()) if line)
        return next((word for host, _, _, login, word in known if host in (self.host, "*") and login == role), None)

    def remember(self, role: str, password: str) -> None:
        """Keeps this password, in place of an older one; a reader never sees half a file."""
        with self._locked():
            self._write(role, password)

    def remembered(self, role: str) -> str:
        """The password of a role, made up now if it had none."""
        with self._locked():
            known = self.password(role)
            if known is None:
                known = secrets.token_urlsafe(24)
                self._write(role, known)
            return known

    def _lines(self) -> list[str]:
        return self.path.read_text().splitlines() if self.path.exists() else []

    def _write(self, role: str, password: str) -> None:
        """Puts the role's line first, as the first that fits counts, and in place of the one it had."""
        ours = [self.host, "*", "*", role]
        others = [line for line in self._lines() if _fields(line)[:4] != ours]
        new = self.path.with_name(self.path.name + ".new")
        new.unlink(missing_ok=True)
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.writelines(f"{line}\n" for line in (":".join(map(_escaped, [*ours, password])), *others))
        new.replace(self.path)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        lock = os.open(self.path.with_name(f"{self.path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
        with os.fdopen(lock) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def _fields(line: str) -> list[str]:
    """The five parts of a line: host, port, database, role and password; nothing of any other line."""
    found = FIELDS.findall(line)
    return [] if line.startswith("#") or len(found) < 5 else [_plain(part) for part in found[:5]]


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace(":", "\\:")


def _plain(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)
