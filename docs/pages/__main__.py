"""`python -m docs.pages` writes the reference pages that need no database."""

from __future__ import annotations

from docs.pages.written import ROOT, written

for name, text in written().items():
    (ROOT / name).write_text(text)
