"""What of the original's tables and columns each module has: `python -m tests.declarations.coverage` prints it."""

from __future__ import annotations

import csv
import inspect
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from iasql.modules import discover
from iasql.resource import Resource

FACTS = Path(__file__).with_name("facts.tsv")


def lines_of(resource: Resource) -> int:
    """The lines of the file that declares it."""
    return len(Path(inspect.getfile(resource.row)).read_text().splitlines())


def rows() -> Iterator[tuple[str, str, str, str]]:
    """Module, tables and columns as present/of the original's, and lines per declaration (median, max)."""
    facts: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    with FACTS.open(newline="") as file:
        for fact in csv.DictReader(file, delimiter="\t"):
            facts[fact["module"]][fact["table"]].add(fact["column"])
    known = discover()
    for name in sorted({*facts, *known}):
        declared = {r.table: {c.name for c in r.declared} for r in known[name].resources} if name in known else {}
        there = sum(len(columns & declared.get(table, set())) for table, columns in facts[name].items())
        wanted = sum(map(len, facts[name].values()))
        sizes = [lines_of(resource) for resource in known[name].resources] if declared else []
        more = len(declared.keys() - facts[name].keys())
        tables = f"{len(facts[name].keys() & declared.keys())}/{len(facts[name])}" + (f" +{more}" if more else "")
        yield name, tables, f"{there}/{wanted}", f"{median(sizes):g}, {max(sizes)}" if sizes else "-"


def main() -> None:
    """Prints the table and its sums."""
    sizes = [lines_of(resource) for module in discover().values() for resource in module.resources]
    print(f"{'module':24}{'tables':10}{'columns':10}lines (median, max)")
    for name, tables, columns, lines in rows():
        print(f"{name:24}{tables:10}{columns:10}{lines}")
    print(f"lines per declaration: median {median(sizes):g}, max {max(sizes)}, {len(sizes)} declarations")


if __name__ == "__main__":
    main()
