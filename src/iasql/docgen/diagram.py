"""The entity diagram of a module, as SVG: its tables, and the lines by which they refer to each other and to others.

Tables that others refer to stand to the right of these; tables of other modules, and aws_regions, which nearly every
table refers to, are not drawn as tables but told in the column's line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from xml.sax.saxutils import escape

import attrs

from iasql.resource import Column, Resource

WIDTH, LINE, GAP, ASIDE = 300, 18, 24, 110
STYLE = "font:13px sans-serif;max-width:100%"


@attrs.frozen(kw_only=True)
class Box:
    """A table at its place."""

    resource: Resource
    x: int
    y: int

    @property
    def lines(self) -> list[Column]:
        """Its key, and the columns by which it refers to others."""
        return [column for column in self.resource.declared if column.key or _targets(column)]

    @property
    def height(self) -> int:
        """The name's line and those of the columns."""
        return LINE * (len(self.lines) + 1) + 8


def diagram(resources: Sequence[Resource]) -> str:
    """The tables of one module as an SVG element; empty where there are none."""
    boxes = _placed(resources)
    if not boxes:
        return ""
    width = max(box.x for box in boxes.values()) + WIDTH + 1
    height = max(box.y + box.height for box in boxes.values()) + 1
    parts = [_edge(box, n, boxes) for box in boxes.values() for n in range(len(box.lines))]
    parts += [_table(box) for box in boxes.values()]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" style="{STYLE}">'
    return "\n".join((head, *(part for part in parts if part), "</svg>"))


def _placed(resources: Sequence[Resource]) -> dict[str, Box]:
    """The tables in columns, each to the left of what it refers to."""
    boxes: dict[str, Box] = {}
    layers = _layers(resources)
    for layer in set(layers.values()):
        y = 1
        for resource in resources:
            if layers[resource.table] == layer:
                x = 1 + (max(layers.values()) - layer) * (WIDTH + ASIDE)
                boxes[resource.table] = box = Box(resource=resource, x=x, y=y)
                y += box.height + GAP
    return boxes


def _layers(resources: Sequence[Resource]) -> dict[str, int]:
    """Table -> how many tables of the module, at most, one after the other, it leads to; circles are cut."""
    here = {resource.table for resource in resources}
    graph = {r.table: {t for c in r.declared for t in _targets(c) if t in here and t != r.table} for r in resources}
    while True:
        try:
            order = list(TopologicalSorter(graph).static_order())
            break
        except CycleError as error:
            graph[error.args[1][1]].discard(error.args[1][0])
    found: dict[str, int] = {}
    for table in order:
        found[table] = 1 + max((found[target] for target in graph[table]), default=-1)
    return found


def _targets(column: Column) -> list[str]:
    """The table that a column refers to, if it does; regions are left out."""
    reference = column.references or column.lists
    return [reference.table] if reference is not None and reference.table != "aws_regions" else []


def _table(box: Box) -> str:
    frame = f'x="{box.x}" y="{box.y}" width="{WIDTH}" height="{box.height}"'
    rows = [_text(box, 0, box.resource.table, "font-weight:bold")]
    rows += [_text(box, n + 1, _said(column)) for n, column in enumerate(box.lines)]
    return "\n".join((f'<rect {frame} rx="4" fill="none" stroke="currentColor"/>', *rows))


def _text(box: Box, n: int, words: str, style: str = "") -> str:
    said = f' style="{style}"' if style else ""
    return f'<text x="{box.x + 8}" y="{box.y + LINE * (n + 1)}" fill="currentColor"{said}>{escape(words)}</text>'


def _said(column: Column) -> str:
    """A column in words: what it refers to, several rows of it where it is an array, and that it is the key."""
    several = "[]" if column.lists else ""
    to = "".join(f" → {target}{several}" for target in _targets(column))
    return f"{column.name}{to}{' (key)' if column.key else ''}"


def _edge(box: Box, n: int, boxes: Mapping[str, Box]) -> str:
    """The line from a column to the table that it refers to, where that is drawn."""
    for target in _targets(box.lines[n]):
        if target in boxes and target != box.resource.table:
            to, y = boxes[target], box.y + LINE * (n + 1) + LINE // 2 + 4
            ends = f"{box.x + WIDTH},{y}", f"{to.x},{to.y + LINE // 2}"
            bend = f"{box.x + WIDTH + ASIDE // 2},{y} {to.x - ASIDE // 2},{to.y + LINE // 2}"
            return f'<path d="M{ends[0]} C{bend} {ends[1]}" fill="none" stroke="currentColor" opacity="0.5"/>'
    return ""
