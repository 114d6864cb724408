"""How many examples a property takes whose every example is a story on a real database."""

from __future__ import annotations

from hypothesis import settings

# a quarter of the profile's: such an example costs a hundred times a pure one
on_a_database = settings(max_examples=max(20, settings().max_examples // 4))
