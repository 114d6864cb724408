"""What things cost on this machine, side by side with a bare script and with Terraform: `python -m benchmarks`.

Seconds depend on the machine and on who else uses it; requests, ratios within one run and CPU do so much less. moto
itself ends near 250 requests a second, which `--n 1000 --latency 0` is mostly about.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from benchmarks import channel, database, log, plots, report, scale, start
from benchmarks.cloud import moto
from benchmarks.contenders import CONTENDERS, Contender, Terraform
from benchmarks.race import Result, race
from benchmarks.report import Figure
from benchmarks.workloads import WORKLOADS

PARTS = ("workloads", "scale", "database", "log", "channel", "start")
RESULTS = Path(__file__).parent / "results"


def main() -> None:
    """Runs the parts that were asked for, prints their tables and keeps the figures."""
    asked = _asked()
    Terraform.plugins = asked.terraform_plugins
    figures: list[Figure] = []
    for part in asked.parts:
        figures += _RUN[part](asked)
    report.compare(figures, asked.results)
    kept = report.keep(figures, asked.results)
    print(f"\nkept in {kept}")
    if asked.plots:
        print("drawn:", *plots.draw(asked.results))


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=(__doc__ or "").partition("\n")[0])
    parts = f"{', '.join(PARTS)}; default: all"
    parser.add_argument("parts", nargs="*", choices=PARTS, default=[*PARTS], metavar="PART", help=parts)
    parser.add_argument("--workload", nargs="+", choices=[*WORKLOADS], default=[*WORKLOADS])
    parser.add_argument("--n", type=int, nargs="+", default=[100], help="objects of a workload: 100, 1000, 10000")
    parser.add_argument("--latency", type=float, default=0.04, help="seconds that the network takes for a request")
    parser.add_argument("--contender", nargs="+", choices=[*CONTENDERS], default=[*CONTENDERS])
    parser.add_argument("--stage", nargs="+", default=[], help="only these, after create")
    rows = "rows of the parts scale (to 100000) and log (to 1000000)"
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000], help=rows)
    parser.add_argument("--forms", nargs="+", choices=log.FORMS, default=log.FORMS, help="formats of exports")
    parser.add_argument("--plots", action="store_true", help="draw the curves of the docs anew")
    parser.add_argument("--results", type=Path, default=RESULTS, help="the folder where figures are kept")
    parser.add_argument("--terraform-plugins", type=Path, help="a folder of providers (terraform providers mirror)")
    return parser.parse_args()


def _workloads(asked: argparse.Namespace) -> list[Figure]:
    results = list(_raced(asked))
    report.table(results)
    return [report.figure(result) for result in results]


def _raced(asked: argparse.Namespace) -> Iterator[Result]:
    missing = Terraform.missing()
    if missing is not None and Terraform.name in asked.contender:
        print(f"Terraform takes no part: {missing}", flush=True)
    contenders: list[type[Contender]] = [
        CONTENDERS[name] for name in asked.contender if name != Terraform.name or missing is None
    ]
    with moto() as cloud:
        for name in asked.workload:
            for n in asked.n:
                for result in race(cloud, WORKLOADS[name], n, asked.latency, contenders, set(asked.stage)):
                    report.line(result)
                    yield result


_RUN = {
    "workloads": _workloads,
    "database": lambda asked: database.measure(),
    "log": lambda asked: log.measure(asked.rows, asked.forms),
    "scale": lambda asked: scale.measure(asked.rows),
    "channel": lambda asked: channel.measure(),
    "start": lambda asked: start.measure(),
}


if __name__ == "__main__":
    main()
