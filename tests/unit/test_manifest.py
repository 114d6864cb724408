"""What a folder must hold to be a module, and what is said where it does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from iasql.engine.manifest import read, refuse_unfit
from iasql.errors import InvalidArgument
from iasql.resource import AddedModule, Rebuild

GOOD = """
name = "web_site"
version = "1.0.0"
dependencies = ["aws_s3"]
install = ["a.sql", "b.sql"]
uninstall = ["c.sql"]
[[rebuild]]
table = "web_site"
from = "web_site_found"
follows = ["bucket"]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.sql").write_text(f"-- {name}")
    (tmp_path / "module.toml").write_text(GOOD)
    return tmp_path


def test_a_module_is_read(folder: Path) -> None:
    module = read(folder)
    assert (module.name, module.version, module.dependencies) == ("web_site", "1.0.0", ("aws_s3",))
    assert (module.install, module.uninstall) == ("-- a\n-- b", "-- c")
    assert module.rebuilds == (Rebuild(table="web_site", source="web_site_found", follows=("bucket",)),)
    refuse_unfit(module, [])


@pytest.mark.parametrize(
    ("was", "now", "said"),
    [
        ('name = "web_site"', "", "module.toml: name is missing"),
        ('name = "web_site"', 'name = "Web-Site"', "name is 'Web-Site'; allowed is"),
        ('name = "web_site"', "name = web_site", "is no TOML: .*line 2"),
        ('version = "1.0.0"', "version = 1", "version must be a text"),
        ('install = ["a.sql", "b.sql"]', "", "install is missing"),
        ('install = ["a.sql", "b.sql"]', "install = []", "install is missing"),
        ('"b.sql"', '"d.sql"', "d.sql cannot be read: .*No such file"),
        ('"b.sql"', '"../d.sql"', r"\.\./d\.sql is outside of"),
        ('"b.sql"', "7", "install must be a list of texts"),
        ("dependencies", "dependencys", "there is no key dependencys. Did you mean: dependencies"),
        ('follows = ["bucket"]', "", "module.toml: rebuild: follows is missing"),
        ("[[rebuild]]", "[[rebuilt]]", "there is no key rebuilt. Did you mean: rebuild"),
        ('from = "web_site_found"', 'from = ["x"]', "rebuild: from must be a text"),
    ],
)
def test_a_bad_manifest_is_told(folder: Path, was: str, now: str, said: str) -> None:
    (folder / "module.toml").write_text(GOOD.replace(was, now))
    with pytest.raises(InvalidArgument, match=said):
        read(folder)


def test_a_folder_without_a_manifest_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidArgument, match=r"has no module\.toml"):
        read(tmp_path / "nowhere")


def named(name: str, *needs: str) -> AddedModule:
    return AddedModule(name=name, dependencies=needs)


def test_what_does_not_fit_beside_the_others_is_told() -> None:
    with pytest.raises(InvalidArgument, match=r"there is no module aws_s4\. Did you mean: aws_s3"):
        refuse_unfit(named("a", "aws_s4"), [])
    with pytest.raises(InvalidArgument, match="aws_s3 is a module of IaSQL's own"):
        refuse_unfit(named("aws_s3"), [])
    with pytest.raises(InvalidArgument, match="a circle of a, b"):
        refuse_unfit(named("a", "b"), [named("b", "a")])
    refuse_unfit(named("a", "b"), [named("b", "aws_s3")])
