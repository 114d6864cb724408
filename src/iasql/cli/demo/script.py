"""The story as a list of beats, read from story.sql: headings, remarks, statements, and looks at AWS."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from typing import Literal

import attrs

HEADING, AWS, REMARK = "-- # ", "-- aws: ", "-- "


@attrs.frozen
class Beat:
    """One thing that happens: a heading or remark is told, a statement is run, `aws` names a look at the cloud."""

    kind: Literal["heading", "remark", "sql", "aws"]
    text: str


def beats() -> Iterator[Beat]:
    """The beats of the demo in order."""
    text = files("iasql.cli.demo").joinpath("story.sql").read_text()
    for paragraph in text.strip().split("\n\n"):
        yield from _of(paragraph.splitlines())


def _of(lines: list[str]) -> Iterator[Beat]:
    """A paragraph's remarks line by line, then its statement as a whole."""
    for line in lines:
        if line.startswith(HEADING):
            yield Beat("heading", line.removeprefix(HEADING))
        elif line.startswith(AWS):
            yield Beat("aws", line.removeprefix(AWS))
        elif line.startswith(REMARK):
            yield Beat("remark", line.removeprefix(REMARK))
    statement = "\n".join(line for line in lines if not line.startswith(REMARK))
    if statement:
        yield Beat("sql", statement)
