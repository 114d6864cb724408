"""What the documentation says of commands, files and errors is so."""

from __future__ import annotations

import re

import pytest

from docs.pages import cli
from docs.pages.examples import commands
from docs.pages.written import ROOT, written
from iasql.cli.app import app

PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)")
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]
EVERYWHERE = {"-h", "--help", "--version"}


@pytest.mark.parametrize("name", written())
def test_a_generated_page_is_fresh(name: str) -> None:
    assert (ROOT / name).read_text() == written()[name], "python -m docs.pages"


@pytest.mark.parametrize("name", NAMES)
def test_links_lead_somewhere(name: str) -> None:
    page = ROOT / name
    dead = [link for link in LINK.findall(page.read_text()) if not (page.parent / link).exists()]
    assert dead == []


@pytest.mark.parametrize("name", NAMES)
def test_commands_in_examples_exist_with_their_options(name: str) -> None:
    known = {command.name: command for command in cli.commands(app)}
    for words in commands(ROOT / name):
        command = known.get(" ".join(words[:2])) or known.get(" ".join(words[:1]))
        assert command is not None, f"{name}: iasql {' '.join(words)}"
        spelled = {part for option in command.options for part in re.findall(r"-+[a-z-]+", option.name)}
        used = {word for word in words if word.startswith("-")}
        assert used <= spelled | EVERYWHERE, f"{name}: iasql {' '.join(words)}"


def test_every_command_of_the_contract_is_there() -> None:
    known = {command.name for command in cli.commands(app)}
    assert known >= {"up", "down", "status", "demo", "init", "check", "scaffold", "sql", "run", "install", "user add"}
    assert known >= {"database create", "database list", "database drop"}


def test_every_page_of_the_documentation_is_reached_from_its_index() -> None:
    index = (ROOT / "docs" / "index.md").read_text()
    pages = [page.relative_to(ROOT / "docs").with_suffix("") for page in (ROOT / "docs").rglob("*.md")]
    listed = {"index", "decisions/template"}
    assert [
        str(page)
        for page in pages
        if str(page) not in listed
        and not str(page).startswith(("decisions/0", "reference/tables/", "_build"))
        and f"\n{page}\n" not in index
    ] == []
