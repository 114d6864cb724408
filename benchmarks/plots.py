"""Curves of what was kept: cost by the size of an account and by the length of the log, as small SVGs for the docs."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs" / "explanation"
SIZE = re.compile(r"^(?P<what>.*), (?P<size>[\d,]+) rows(?P<logged> logged)?$")
SHOWN = {
    "account": ("all come in", "nothing has changed", "preview of one change"),
    "log": ("net of 1,000 rows (preview)", "standing of 1,000 rows (preview, commit)", "history of one row",
            "state of the table a moment ago", "rollback of 1,000 rows"),
}  # fmt: skip
TICK = {"milliseconds of CPU": 10.0, "seconds of CPU": 0.01}
"""How fine a figure is: CPU of a process is told in hundredths of a second, and less is drawn as one."""
Curves = dict[str, dict[int, float]]


def draw(results: Path, folder: Path = DOCS) -> list[Path]:
    """The pictures, made of the last figure of each name."""
    found = _curves(results)
    return [
        _picture(folder / "performance-account.svg", found, SHOWN["account"], "rows of the account", "seconds of CPU"),
        _picture(folder / "performance-log.svg", found, SHOWN["log"], "rows of the log", "milliseconds of CPU"),
    ]


def _curves(results: Path) -> Curves:
    curves: Curves = defaultdict(dict)
    for path in sorted(results.glob("*.json")):
        for figure in json.loads(path.read_text())["figures"]:
            told = SIZE.match(figure["name"])
            if told:
                detail = figure.get("detail") or {}
                value = detail.get("cpu_ms", detail.get("cpu", figure["value"]))
                curves[told["what"]][int(told["size"].replace(",", ""))] = value
    return curves


def _picture(path: Path, curves: Mapping[str, Mapping[int, float]], names: tuple[str, ...], x: str, y: str) -> Path:
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.fonttype"] = "none"  # text stays text: small, and readable in any font
    mpl.rcParams["svg.hashsalt"] = "iasql"
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(6, 3.2), layout="constrained")
    for name in names:
        points = sorted(curves.get(name, {}).items())
        values = [max(value, TICK.get(y, 0.0)) for _, value in points]
        axes.plot([size for size, _ in points], values, marker="o", markersize=3, label=name)
    axes.set(xscale="log", yscale="log", xlabel=x, ylabel=y)
    axes.grid(alpha=0.3)
    axes.legend(fontsize=7, frameon=False)
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
    return path
