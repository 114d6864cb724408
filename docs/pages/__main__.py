"""`python -m docs.pages` writes the generated texts; with `--sql` also the page that a running engine tells."""

from __future__ import annotations

import sys

from docs.pages import functions
from docs.pages.written import ROOT, written

pages = written()
if "--sql" in sys.argv:
    pages[str(functions.PATH)] = functions.asked()
for name, text in pages.items():
    (ROOT / name).write_text(text)
