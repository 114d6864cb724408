"""Pages of the reference that are made from the code; `python -m docs.pages` writes them, a test finds stale ones."""
