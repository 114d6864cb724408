"""Texts that are kept to show what a change changes; `IASQL_WRITE_SNAPSHOTS=1` writes them anew."""

from __future__ import annotations

import os
from pathlib import Path

HERE = Path(__file__).parent


def assert_kept(name: str, text: str) -> None:
    """The text is what is kept under that name."""
    path = HERE / name
    if os.environ.get("IASQL_WRITE_SNAPSHOTS"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    assert path.exists(), f"{name} is not kept yet: IASQL_WRITE_SNAPSHOTS=1 keeps it"
    assert path.read_text() == text
