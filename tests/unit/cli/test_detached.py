"""The pid file names one process and no other."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from iasql.cli.detached import PidFile, stop
from iasql.errors import NoEngine


@pytest.fixture
def file(tmp_path: Path) -> PidFile:
    return PidFile(path=tmp_path / "engine.pid")


def test_a_live_process_is_found(file: PidFile) -> None:
    file.write(os.getpid())
    found = file.process()
    assert found is not None
    assert found.pid == os.getpid()


def test_another_process_of_the_same_number_is_not_taken_for_it(file: PidFile) -> None:
    file.path.write_text(f"{os.getpid()} 12345.0\n")
    assert file.process() is None


@pytest.mark.parametrize("text", ["", "nonsense", "12", "4194999 1.0"])
def test_a_broken_or_old_file_names_nobody(file: PidFile, text: str) -> None:
    file.path.write_text(text)
    assert file.process() is None


def test_stop_ends_that_process_and_forgets_it(file: PidFile) -> None:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as process:
        file.write(process.pid)
        stop(file)
        assert process.wait() != 0
    assert not file.path.exists()


def test_stop_without_a_process_says_so(file: PidFile) -> None:
    with pytest.raises(NoEngine):
        stop(file)
