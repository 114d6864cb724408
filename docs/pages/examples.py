"""The examples of a page: SQL marked `<!-- tested -->`, and what it is to give, marked `<!-- gives -->`."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import attrs

TESTED = re.compile(
    r"^<!-- tested -->\n```sql\n(?P<sql>.*?)^```\n(?:<!-- gives -->\n```text\n(?P<gives>.*?)^```\n)?", re.M | re.S
)
CONSOLE = re.compile(r"^```console\n(.*?)^```", re.M | re.S)


@attrs.frozen(kw_only=True)
class Example:
    """Statements, and the rows of the last one as psql prints them; `...` stands for anything."""

    line: int
    statements: tuple[str, ...]
    gives: tuple[str, ...] | None

    @property
    def fails(self) -> bool:
        """Whether the last statement is to be refused."""
        return bool(self.gives) and self.gives[0].startswith("ERROR:")

    def fits(self, rows: list[str]) -> bool:
        """Whether these rows are what the page shows."""
        if self.gives is None:
            return True
        patterns = [re.escape(row).replace(re.escape("..."), ".*") for row in self.gives]
        return len(rows) == len(patterns) and all(map(re.fullmatch, patterns, map(_spaced, rows)))


def examples(page: Path) -> Iterator[Example]:
    """The tested examples of a page, in order."""
    text = page.read_text()
    for found in TESTED.finditer(text):
        yield Example(
            line=text[: found.start()].count("\n") + 1,
            statements=tuple(part.strip() for part in re.split(r";$", found["sql"], flags=re.M) if part.strip()),
            gives=None if found["gives"] is None else tuple(_rows(found["gives"].splitlines())),
        )


def _rows(lines: list[str]) -> Iterator[str]:
    """The rows among psql's lines: without the head, its rule and the count."""
    ruled = [number for number, line in enumerate(lines) if re.fullmatch(r"-[-+]*", line)]
    for line in lines[ruled[0] + 1 :] if ruled else lines:
        if not re.fullmatch(r"\(\d+ rows?\)", line):
            yield _spaced(line)


def _spaced(row: str) -> str:
    """A row with the same space around every bar."""
    return " | ".join(cell.strip() for cell in row.split("|"))


def commands(page: Path) -> Iterator[list[str]]:
    """Every `iasql` command in the console examples of a page, as words."""
    for block in CONSOLE.findall(page.read_text()):
        for line in block.splitlines():
            if line.startswith("$ "):
                yield from _calls(line.removeprefix("$ "))


def _calls(line: str) -> Iterator[list[str]]:
    for part in line.split("&&"):
        words = shlex.split(part)
        names = [index for index, word in enumerate(words) if word == "iasql" or word.endswith("/iasql")]
        if names and all("=" in word for word in words[: names[0]]):
            yield words[names[0] + 1 :]
