"""Pages of the reference that are made from the code. A test says when one is stale; `python -m docs.pages` writes them."""
