"""What a run of the properties has tried: examples and seconds of each, and what the state machine did.

Told at the end of every run, so that `HYPOTHESIS_PROFILE=nightly pytest -n 2 property_tests` is evidence by itself.
These are hooks of pytest's, which `property_tests/conftest.py` takes in.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Mapping
from typing import Any

import attrs
import pytest
from hypothesis import settings

TRIED = re.compile(r"(\d+) (?:passing|failing)")


@attrs.define
class Line:
    """One property, all of its parameters together."""

    name: str
    tests: int = 0
    examples: int = 0
    seconds: float = 0.0
    failed: int = 0
    counts: Counter[str] = attrs.field(factory=Counter)

    def add(self, report: pytest.TestReport) -> None:
        """One more of its tests."""
        told = dict(report.user_properties)
        self.tests += 1
        self.seconds += report.duration
        self.failed += report.failed
        self.examples += int(told.get("examples", 0))
        self.counts.update(told.get("counts", {}))

    @property
    def text(self) -> str:
        """As a line of the table."""
        more = f", {self.failed} FAILED" if self.failed else ""
        among = f" ({self.tests} tests{more})" if self.tests > 1 or more else ""
        return f"{self.examples:9,} {self.seconds:9.1f}  {self.name}{among}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    """Notes how many examples a property has tried."""
    report = yield
    if report.when == "call" and hasattr(item, "hypothesis_statistics"):
        report.user_properties.append(("examples", sum(map(int, TRIED.findall(item.hypothesis_statistics)))))
    return report


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Tells it."""
    reports = [each for name in ("passed", "failed") for each in terminalreporter.stats.get(name, [])]
    found = lines(each for each in reports if getattr(each, "when", None) == "call")
    if not found:
        return
    seed = config.getoption("hypothesis_seed", None)
    terminalreporter.section(f"what was tried: profile {settings.get_current_profile_name()}, seed {seed}")
    terminalreporter.write_line(" examples   seconds  property")
    for line in found:
        terminalreporter.write_line(line.text)
    for line in found:
        for row in counted(line.counts):
            terminalreporter.write_line(row)


def lines(reports: Iterable[pytest.TestReport]) -> list[Line]:
    """Every property that tried something, in the order of their names."""
    found: dict[str, Line] = {}
    for report in reports:
        name = report.nodeid.partition("[")[0]
        found.setdefault(name, Line(name)).add(report)
    return [found[name] for name in sorted(found) if found[name].examples]


def counted(counts: Mapping[str, int]) -> Iterator[str]:
    """How often something was done, one a line."""
    for name in sorted(counts):
        yield f"{counts[name]:9,}  {name}"
