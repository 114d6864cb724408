"""Sphinx: how the documentation is built."""

from __future__ import annotations

import sys
from pathlib import Path

from sphinx.application import Sphinx

import iasql

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

project = "IaSQL"
author = "IaSQL contributors"
version = release = iasql.__version__
extensions = ["myst_parser"]
exclude_patterns = ["_build", "pages", "decisions/template.md"]
html_theme = "furo"
html_title = f"IaSQL {version}"
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
suppress_warnings = ["misc.highlighting_failure"]  # psql's output among SQL is no SQL


def setup(app: Sphinx) -> None:
    """Sphinx calls this once."""
    app.connect("source-read", _tell_changes)


def _tell_changes(app: Sphinx, name: str, source: list[str]) -> None:
    """The page of changes: what is not released yet, then what is."""
    if name != "changelog":
        return
    fresh = "".join(f"- {path.read_text().strip()}\n" for path in sorted((ROOT / "changelog.d").glob("*.change.md")))
    released = (ROOT / "CHANGELOG.md").read_text().partition("<!-- changelog.d starts here -->")[2]
    source[0] += f"\n## Not released yet\n\n{fresh}\n{released}"
