"""The system account that PostgreSQL runs under.

PostgreSQL refuses to run as root, so root lends its server to an account with no rights; anybody else runs their own.
"""

from __future__ import annotations

import os
import pwd
from pathlib import Path
from typing import TypedDict

import attrs

from iasql.errors import ServerFailed

CANDIDATES = ("iasql", "postgres", "nobody")  # the first that exists; an administrator may add the first


class Identity(TypedDict, total=False):
    """The arguments of subprocess.run that say who runs it."""

    user: int
    group: int
    extra_groups: list[int]


@attrs.frozen(kw_only=True)
class Account:
    """A user and group id, and whether we must step down to it."""

    uid: int
    gid: int
    stepped_down: bool

    @property
    def identity(self) -> Identity:
        """How subprocess.run becomes this account; nothing where we are it already."""
        if not self.stepped_down:
            return Identity()
        return Identity(user=self.uid, group=self.gid, extra_groups=[])

    def owns(self, path: Path) -> None:
        """Gives a file or folder to this account."""
        if self.stepped_down:
            os.chown(path, self.uid, self.gid)

    def unreachable(self, path: Path) -> Path | None:
        """The first folder above `path` that this account may not enter, or None."""
        if not self.stepped_down:
            return None
        above = reversed(path.resolve().parents)
        return next((folder for folder in above if not self._enters(folder)), None)

    def _enters(self, folder: Path) -> bool:
        status = folder.stat()
        if status.st_uid == self.uid:
            return bool(status.st_mode & 0o100)
        return bool(status.st_mode & (0o010 if status.st_gid == self.gid else 0o001))


def account(cluster: Path) -> Account:
    """Who runs the server of this cluster: us; for root the cluster's owner, or the first candidate there is."""
    if os.geteuid() != 0:
        return Account(uid=os.geteuid(), gid=os.getegid(), stepped_down=False)
    if cluster.exists() and cluster.stat().st_uid != 0:
        return Account(uid=cluster.stat().st_uid, gid=cluster.stat().st_gid, stepped_down=True)
    for name in CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(uid=entry.pw_uid, gid=entry.pw_gid, stepped_down=True)
    raise ServerFailed(
        "PostgreSQL refuses to run as root, and this machine has no account to lend it to",
        detail=f"None of these exist: {', '.join(CANDIDATES)}.",
        hint="useradd --system iasql, or run as an ordinary user.",
    )
