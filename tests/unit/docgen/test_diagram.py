"""The entity diagrams: every table, every reference within a module, and nothing over anything else."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from iasql.docgen.diagram import diagram
from iasql.docgen.page import index
from iasql.modules import discover
from iasql.resource import Resource, StringSet, ref, refs, row

MODULES = {name: list(module.resources) for name, module in discover().items() if module.resources}
SVG = "{http://www.w3.org/2000/svg}"


def drawn(resources: list[Resource]) -> ET.Element:
    return ET.fromstring(diagram(resources))


@pytest.mark.parametrize("module", MODULES)
def test_each_table_and_each_reference_within_a_module_is_drawn(module: str) -> None:
    resources = MODULES[module]
    here = {resource.table for resource in resources}
    picture = drawn(resources)
    names = [text.text for text in picture.iter(f"{SVG}text") if "bold" in text.get("style", "")]
    assert sorted(filter(None, names)) == sorted(here)
    within = [
        (resource.table, reference.column)
        for resource in resources
        for reference in (*resource.references, *resource.lists)
        if reference.table in here - {resource.table, "aws_regions"}
    ]
    assert len(list(picture.iter(f"{SVG}path"))) == len(within)


@pytest.mark.parametrize("module", MODULES)
def test_no_table_is_drawn_over_another(module: str) -> None:
    boxes = [
        [int(rect.get(name, "")) for name in ("x", "y", "width", "height")]
        for rect in drawn(MODULES[module]).iter(f"{SVG}rect")
    ]
    for n, (x, y, width, height) in enumerate(boxes):
        for left, top, wide, high in boxes[:n]:
            assert x >= left + wide or left >= x + width or y >= top + high or top >= y + height


@row
class Hen:
    """One half of a circle."""

    egg_id: int | None = ref("egg")
    mother_id: int | None = ref("hen")


@row
class Egg:
    """The other half."""

    hen_id: int | None = ref("hen")
    nests: StringSet | None = refs("nest", column="nest_id")


def test_circles_are_drawn_and_lists_are_told() -> None:
    picture = drawn([Resource(Hen), Resource(Egg)])
    assert len(list(picture.iter(f"{SVG}path"))) == 2
    words = [text.text for text in picture.iter(f"{SVG}text")]
    assert "mother_id → hen" in words
    assert "nests → nest[]" in words


def test_a_module_without_tables_has_no_diagram() -> None:
    assert diagram([]) == ""


def test_the_page_of_all_tables_shows_them() -> None:
    assert index(MODULES).count("<svg ") == len(MODULES)
