"""Sphinx: how the documentation is built."""

from __future__ import annotations

import sys
from pathlib import Path

from sphinx.application import Sphinx

import iasql
from iasql.docgen.page import index, page
from iasql.modules import discover
from iasql.resource import Resource

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
    app.connect("builder-inited", _write_tables)
    app.connect("source-read", _tell_changes)
    app.connect("source-read", _list_tables)


def _write_tables(app: Sphinx) -> None:
    """A page for each table, made from its declaration; untouched where it is the same."""
    folder = ROOT / "docs" / "reference" / "tables"
    folder.mkdir(exist_ok=True)
    pages = {folder / f"{resource.table}.md": page(resource) for rows in _tables().values() for resource in rows}
    for path in set(folder.glob("*.md")) - set(pages):
        path.unlink()
    for path, text in pages.items():
        if not path.exists() or path.read_text() != text:
            path.write_text(text)


def _list_tables(app: Sphinx, name: str, source: list[str]) -> None:
    """The list of tables in front of their pages."""
    if name == "reference/tables":
        source[0] = index(_tables()) + source[0].partition("<!-- pages -->")[2]


def _tables() -> dict[str, list[Resource]]:
    return {name: list(module.resources) for name, module in sorted(discover().items())}


def _tell_changes(app: Sphinx, name: str, source: list[str]) -> None:
    """The page of changes: what is not released yet, then what is."""
    if name != "changelog":
        return
    fresh = "".join(f"- {path.read_text().strip()}\n" for path in sorted((ROOT / "changelog.d").glob("*.change.md")))
    released = (ROOT / "CHANGELOG.md").read_text().partition("<!-- changelog.d starts here -->")[2]
    source[0] += f"\n## Not released yet\n\n{fresh}\n{released}"
