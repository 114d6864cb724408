"""The lock that keeps a second server off a data folder; it goes with its process, however that ends."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from iasql.errors import ServerInUse


class FolderLock:
    """Held by the process that runs the folder's server; the file tells its pid."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    def take(self) -> None:
        """Takes the lock, or says who has it."""
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise ServerInUse(
                f"the data folder {self.path.parent} is in use by process {self._note() or 'unknown'}",
                hint="Connect to that server, stop it with `iasql down`, or give another --data-dir.",
            ) from None
        os.truncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        self._descriptor = descriptor

    def release(self) -> None:
        """Frees it; harmless when it is not held."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def holder(self) -> int | None:
        """The pid of the process that holds the lock, or None."""
        if not self.path.exists():
            return None
        descriptor = os.open(self.path, os.O_RDWR)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return self._note()
        finally:
            os.close(descriptor)
        return None

    def _note(self) -> int | None:
        note = self.path.read_text().strip()
        return int(note) if note else None
