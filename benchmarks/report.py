"""What was measured, as tables for people, as JSON to keep, and compared with the last time."""

from __future__ import annotations

import json
import platform
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import attrs
from rich.console import Console
from rich.table import Table

from benchmarks.race import Result

BASE = "IaSQL"
SAME = 0.15
"""A figure that moved by less is the same: this is what one run differs from the next on a machine in use."""


TITLE = "seconds [requests] CPU, for how long anything was asked of AWS, memory; x: times what IaSQL takes"


@attrs.frozen(kw_only=True)
class Figure:
    """One number: what it is of, its unit, and details that are kept beside it."""

    name: str
    value: float
    unit: str
    detail: dict[str, object] = attrs.field(factory=dict)


def figure(result: Result) -> Figure:
    """A stage's seconds, with the rest as detail."""
    name = f"{result.workload} N={result.n} {result.latency_ms:g} ms, {result.stage}: {result.contender}"
    return Figure(name=name, value=result.seconds, unit="s", detail=attrs.asdict(result))


def line(result: Result) -> None:
    """One result as it comes, with its requests by operation."""
    told = ", ".join(f"{name} {count}" for name, count in sorted(result.operations.items(), key=lambda each: -each[1]))
    print(
        f"{result.workload} {result.n:>6} {result.contender:<10}{result.stage:<16}{result.seconds:>8.2f} s"
        f"{result.cpu:>8.2f} s CPU{_asked(result)}{result.megabytes:>7.0f} MB{result.requests:>7}  {told}",
        flush=True,
    )
    if result.failures:
        print(f"       the stand-in failed: {result.failures}", file=sys.stderr)


def _asked(result: Result) -> str:
    """For how long anything was asked of the stand-in, and what CPU that took it."""
    return f"{result.busy:>8.2f} s AWS ({result.stand_in:.2f} s CPU)"


def table(results: Sequence[Result]) -> None:
    """All results: a row a stage, a column a contender, with the ratio to IaSQL."""
    names = list(dict.fromkeys(result.contender for result in results))
    shown = Table("workload", "stage", *names, title=TITLE)
    rows = list(dict.fromkeys((r.workload, r.n, r.latency_ms, r.stage) for r in results))
    for row in rows:
        found = {r.contender: r for r in results if (r.workload, r.n, r.latency_ms, r.stage) == row}
        workload, n, latency, stage = row
        cells = [_cell(found.get(name), found.get(BASE)) for name in names]
        shown.add_row(f"{workload} N={n} {latency:g} ms", stage, *cells)
    Console(width=160).print(shown)


def _cell(result: Result | None, base: Result | None) -> str:
    if result is None:
        return "-"
    times = "" if base is None or base is result else f" x{result.seconds / base.seconds:.1f}"
    requests = f"\\[{result.requests:,}]"
    return f"{result.seconds:.2f} {requests} {result.cpu:.2f}, {result.busy:.2f}, {result.megabytes:.0f} MB{times}"


def figures(found: Iterable[Figure], title: str) -> None:
    """Plain figures as a table."""
    shown = Table("what", "value", title=title)
    for each in found:
        shown.add_row(each.name, f"{each.value:,.3g} {each.unit}")
    Console(width=160).print(shown)


def by_size(found: Iterable[Figure], title: str) -> None:
    """Figures named `what, 10,000 rows logged` as a table: a row each, a column a size."""
    cells: dict[str, dict[str, str]] = {}
    for each in found:
        what, _, size = each.name.rpartition(" rows")[0].rpartition(", ")
        cells.setdefault(what, {})[size] = f"{each.value:,.3g} {each.unit}"
    sizes = list(dict.fromkeys(size for told in cells.values() for size in told))
    shown = Table("what", *sizes, title=title)
    for what, told in cells.items():
        shown.add_row(what, *(told.get(size, "-") for size in sizes))
    Console(width=160).print(shown)


def keep(found: Sequence[Figure], folder: Path) -> Path:
    """Writes the figures down, with the machine that they are of."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{time.strftime('%Y-%m-%dT%H%M%S')}.json"
    machine = {"python": platform.python_version(), "machine": platform.machine(), "system": platform.system()}
    path.write_text(json.dumps({"machine": machine, "figures": [attrs.asdict(each) for each in found]}, indent=1))
    return path


def compare(found: Iterable[Figure], folder: Path) -> None:
    """Prints what has moved since each figure was last kept."""
    last = {}
    for path in sorted(folder.glob("*.json")):
        last |= {each["name"]: each for each in json.loads(path.read_text())["figures"]}
    moved = [_moved(each, last[each.name]) for each in found if each.name in last]
    for text in filter(None, moved):
        print(text)


def _moved(now: Figure, then: dict[str, object]) -> str | None:
    was = then["value"]
    detail = then.get("detail")
    requests = detail.get("requests") if isinstance(detail, dict) else None
    assert isinstance(was, int | float)
    if requests is not None and requests != now.detail.get("requests"):
        return f"{now.name}: {requests} requests before, {now.detail.get('requests')} now"
    if was and abs(now.value / was - 1) > SAME:
        return f"{now.name}: {was:.3g} {now.unit} before, {now.value:.3g} now"
    return None
