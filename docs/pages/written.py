"""The generated texts that are kept in the repository, by path."""

from __future__ import annotations

from pathlib import Path

from docs.pages import cli, differences, errors, modules, settings
from iasql.cli.app import app

ROOT = Path(__file__).parent.parent.parent


def written() -> dict[str, str]:
    """Each file as it must be."""
    return {
        "README.md": modules.filled((ROOT / "README.md").read_text()),
        "docs/reference/cli.md": cli.page(app),
        "docs/reference/settings.md": settings.page(),
        "docs/reference/errors.md": errors.page(),
        "docs/reference/differences.md": differences.page(),
    }
