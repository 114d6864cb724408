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
    """Passwords by role, for every port and database of one host's server; mode 0600."""

    path: Path
    host: str = HOST

    def password(self, role: str) -> str | None:
        """What this role logs in with, or None."""
        return self._entries().get(role)

    def remember(self, role: str, password: str) -> None:
        """Keeps this password, in place of an older one; a reader never sees half a file."""
        with self._locked():
            self._write({**self._entries(), role: password})

    def remembered(self, role: str) -> str:
        """The password of a role, made up now if it had none."""
        with self._locked():
            entries = self._entries()
            if role not in entries:
                entries[role] = secrets.token_urlsafe(24)
                self._write(entries)
            return entries[role]

    def _entries(self) -> dict[str, str]:
        if not self.path.exists():
            return {}
        lines = [FIELDS.findall(line) for line in self.path.read_text().splitlines() if not line.startswith("#")]
        return {_plain(line[3]): _plain(line[4]) for line in lines if len(line) >= 5}

    def _write(self, entries: dict[str, str]) -> None:
        new = self.path.with_name(self.path.name + ".new")
        new.unlink(missing_ok=True)
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.writelines(
                f"{_escaped(self.host)}:*:*:{_escaped(role)}:{_escaped(word)}\n" for role, word in entries.items()
            )
        new.replace(self.path)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        lock = os.open(self.path.with_name(f"{self.path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
        with os.fdopen(lock) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace(":", "\\:")


def _plain(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)
