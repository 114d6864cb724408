"""The command line: one file a command."""

from __future__ import annotations


def main() -> None:
    """Run the command named on the command line; its exit code is the process's."""
    from iasql.cli.app import run

    run()
