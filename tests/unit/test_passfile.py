"""Passfiles: libpq's format, ours and other people's."""

from __future__ import annotations

from pathlib import Path

from iasql.server.passfile import Passfile

OTHERS = "# mine\nother.example:5432:db:ann:s3cret\nhere:5433:one:ann:hers\n*:*:*:bob:with\\:colon\n"


def test_a_passfile_keeps_what_is_not_ours(tmp_path: Path) -> None:
    """Somebody may name his own in a DSN."""
    path = tmp_path / "pgpass"
    path.write_text(OTHERS)
    file = Passfile(path, host="here")
    file.remember("eve", "new:word")
    assert path.read_text() == "here:*:*:eve:new\\:word\n" + OTHERS
    file.remember("eve", "other")
    assert path.read_text() == "here:*:*:eve:other\n" + OTHERS
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_passfile_tells_the_words_of_its_server_only(tmp_path: Path) -> None:
    path = tmp_path / "pgpass"
    path.write_text(OTHERS)
    file = Passfile(path, host="here")
    assert (file.password("ann"), file.password("bob"), file.password("eve")) == ("hers", "with:colon", None)
    assert file.remembered("ann") == "hers"
    word = file.remembered("eve")
    assert file.password("eve") == word
    assert Passfile(path, host="elsewhere").password("ann") is None
