"""Tells the story on standard output: what is said, each statement, and its result as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from iasql.cli import printed

if TYPE_CHECKING:
    import boto3
    import psycopg
    from rich.console import Console

    from iasql.cli.demo.colleague import Look
    from iasql.cli.demo.script import Beat

PROMPT = "iasql=> "
BOTO3 = "boto3>>> "


@attrs.define(kw_only=True)
class Teller:
    """Plays beats on a connection, and in front of AWS as everybody else sees it."""

    console: Console
    connection: psycopg.Connection
    aws: boto3.Session
    _chapter: int = 0
    _speaking: bool = False

    def tell(self, beat: Beat) -> None:
        """Plays one beat."""
        from iasql.cli.demo.colleague import LOOKS

        self._speaking = self._speaking and beat.kind == "remark"
        match beat.kind:
            case "heading":
                self._heading(beat.text)
            case "remark":
                self._remark(beat.text)
            case "sql":
                self._run(beat.text)
            case "aws":
                self._look(LOOKS[beat.text])

    def _heading(self, text: str) -> None:
        self._chapter += 1
        title = f"{self._chapter}. {text}"
        self.console.print(f"\n\n{title}\n{'=' * len(title)}", style="bold", markup=False)

    def _remark(self, text: str) -> None:
        self.console.print(*([] if self._speaking else [""]), text, sep="\n", style="italic", markup=False)
        self._speaking = True

    def _run(self, statement: str) -> None:
        self._show(PROMPT, statement, "sql")
        cursor = self.connection.execute(statement.encode())
        if cursor.description is None:
            self.console.print(cursor.statusmessage, style="dim")
            return
        names = [column.name for column in cursor.description]
        self._rows([dict(zip(names, row, strict=True)) for row in cursor.fetchall()])

    def _look(self, look: Look) -> None:
        self._show(BOTO3, look.shown, "python")
        found = look.run(self.aws)
        if found:
            self._rows(found)

    def _rows(self, found: list[dict[str, object]]) -> None:
        if found:
            self.console.print(printed.table(found))
        self.console.print(f"({len(found)} row{'' if len(found) == 1 else 's'})", style="dim")

    def _show(self, prompt: str, text: str, language: str) -> None:
        """A statement as it stands at its prompt, coloured where there is a terminal."""
        from rich.syntax import Syntax

        lines = (prompt + text.replace("\n", "\n" + " " * len(prompt))).splitlines()
        code = "\n".join(lines)
        self.console.print()
        if self.console.is_terminal:
            self.console.print(Syntax(code, language, theme="ansi_dark", background_color="default", word_wrap=True))
        else:
            self.console.print(code, markup=False, soft_wrap=True)
