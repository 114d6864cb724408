"""`iasql down`: the end of an engine that runs in the background."""

from __future__ import annotations

from iasql.cli.options import DataDir, Dsn


def down(dsn: Dsn = None, data_dir: DataDir = None) -> None:
    """Stop the engine that runs in the background.

    It is the one that `iasql up --detach` started; its embedded server stops with it.
    """
    from iasql.cli.detached import pid_file, stop
    from iasql.cli.target import settings

    stop(pid_file(settings(dsn=dsn, data_dir=data_dir)))
    print("stopped")
