"""The most specific line of iasql_mode decides."""

from __future__ import annotations

from iasql.engine.modes import Line, Modes


def modes(*lines: Line) -> Modes:
    return Modes(tuple(sorted(lines, key=lambda line: line.weight)))


def test_no_line_means_normal() -> None:
    assert modes().of("bucket", {"name": "a"}) == {}


def test_a_row_outweighs_a_column_and_a_column_its_table() -> None:
    found = modes(
        Line(None, None, None, "TRACK"),
        Line("bucket", None, None, "ENFORCE"),
        Line("bucket", None, "tags", "TRACK"),
        Line("bucket", {"name": "a"}, None, "PROTECT"),
    )
    assert found.of("queue", {"id": 1}) == {None: "TRACK"}
    assert found.of("bucket", {"name": "b"}) == {None: "ENFORCE", "tags": "TRACK"}
    assert found.of("bucket", {"name": "a"}) == {None: "PROTECT"}


def test_a_column_of_a_row_outweighs_the_row() -> None:
    found = modes(
        Line("bucket", {"name": "a"}, None, "PROTECT"),
        Line("bucket", {"name": "a"}, "tags", "TRACK"),
    )
    assert found.of("bucket", {"name": "a"}) == {None: "PROTECT", "tags": "TRACK"}
