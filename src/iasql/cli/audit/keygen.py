"""`iasql audit keygen`: the key that seals are signed with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def keygen(
    file: Annotated[Path, typer.Argument(help="The private key; the public one is written to FILE.pub.")],
) -> None:
    """Make a key for signing the log's seals.

    The engine gets the private half by `iasql up --audit-key`. Keep it where the database's administrators cannot read
    it, and give the public half to whoever verifies.
    """
    from iasql.evidence.key import generate

    key = generate(file)
    print(f"key {key.public.id}: {file} (private, for the engine), {file}.pub (public, for verification)")
