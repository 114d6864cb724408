"""`iasql audit verify`: whether an export is what was sealed, signed and published; needs no database."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from iasql.cli.options import Json

if TYPE_CHECKING:
    from iasql.evidence.verdict import Verdict


def verify(
    export: Annotated[Path, typer.Argument(help="The folder of an export.")],
    key: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="The public key; may be repeated, for keys that followed one another."),
    ] = None,
    published: Annotated[
        str | None,
        typer.Option(metavar="PLACE", help="Where the seals were published: a folder, or s3://bucket/prefix."),
    ] = None,
    archives: Annotated[
        str | None,
        typer.Option(
            metavar="PLACE", help="Where archives are, to verify all of the past: a folder, or s3://bucket/prefix."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Verify an export, offline.

    Rebuilds the chain of seals from the rows and names the first bad one. With the public key it finds seals that
    somebody made anew; only with the published ones a tail that was deleted together with its seals: without them, look
    whether the last signed seal is as young as it should be. Exits 1 when anything is wrong.
    """
    import json

    import attrs

    from iasql.cli.audit.progress import told
    from iasql.cli.failure import FAILED, ExitCode
    from iasql.evidence.key import PublicKey
    from iasql.evidence.place import place
    from iasql.evidence.verify import Witnesses
    from iasql.evidence.verify import verify as check

    witnesses = Witnesses(
        keys=[PublicKey.read(file) for file in key or []],
        published=place(published) if published else None,
        archives=place(archives) if archives else None,
    )
    with told("verifying") as progress:
        verdict = check(export, witnesses, progress)
    if as_json:
        print(json.dumps({"ok": verdict.ok, "first_bad": verdict.first_bad, **attrs.asdict(verdict)}, indent=2))
    else:
        _tell(verdict)
    if not verdict.ok:
        raise ExitCode(FAILED)


def _tell(verdict: Verdict) -> None:
    signed = "not checked" if verdict.signed_to is None else f"up to seal {verdict.signed_to} of {verdict.signed_at}"
    published = "not checked" if verdict.published_to is None else f"up to seal {verdict.published_to}"
    since = f", since {verdict.unsealed_since}" if verdict.unsealed else ""
    sealed = f"{verdict.sealed} sealed by {verdict.seals} seals"
    print(f"rows: {verdict.rows} ({sealed}, {verdict.unsealed} not sealed yet{since})")
    print(f"redacted: {verdict.redacted}; in archives that were not read: {verdict.archived}")
    print(f"signatures: {signed}; published: {published}; rows of tables compared: {verdict.tables}")
    for problem in verdict.problems:
        print(f"bad: {problem.reason}")
    print("verified" if verdict.ok else f"NOT verified; the first bad row: {verdict.first_bad or 'unknown'}")
