"""The demo's story as it is read from its file."""

from __future__ import annotations

from iasql.cli.demo.colleague import LOOKS
from iasql.cli.demo.script import Beat, beats


def test_the_story_has_chapters_and_statements_that_end() -> None:
    told = list(beats())
    assert told[0].kind == "heading"
    assert all(beat.text.endswith(";") for beat in told if beat.kind == "sql")
    assert sum(beat.kind == "sql" for beat in told) >= 20


def test_every_look_at_the_cloud_exists_and_is_taken() -> None:
    assert {beat.text for beat in beats() if beat.kind == "aws"} == set(LOOKS)


def test_a_paragraph_is_told_in_its_order() -> None:
    found = [beat for beat in beats() if beat.kind in ("heading", "remark")]
    assert found[0] == Beat("heading", "Connect")
    assert found[1].kind == "remark"
