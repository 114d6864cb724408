"""The generated pages that are kept in the repository, by file name."""

from __future__ import annotations

from pathlib import Path

from docs.pages import cli, errors, settings
from iasql.cli.app import app

FOLDER = Path(__file__).parent.parent / "reference"


def written() -> dict[str, str]:
    """Each page as it must be."""
    return {"cli.md": cli.page(app), "settings.md": settings.page(), "errors.md": errors.page()}
