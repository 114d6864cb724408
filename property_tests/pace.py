"""How many examples a property takes that is run often, or whose every example is a story on a real database."""

from __future__ import annotations

from hypothesis import settings

# a quarter of the profile's: such an example costs a hundred times a pure one
on_a_database = settings(max_examples=max(20, settings().max_examples // 4))

# a tenth of the profile's: such an example reads all that the others have logged
a_whole_log = settings(max_examples=max(20, settings().max_examples // 10))

# a tenth of the profile's for each of a hundred resource types: thousands in all
for_each_resource = settings(max_examples=max(20, settings().max_examples // 10))


def few(examples: int) -> int:
    """So many for each of a hundred resource types, whose every example is a story at the stand-in; at night more."""
    return examples if settings().max_examples <= 200 else 10 * examples
