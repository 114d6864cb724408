"""What of the original's tables and columns each module has, and what of each table is tested, and how.

`python -m tests.declarations.coverage` prints it.
"""

from __future__ import annotations

import csv
import inspect
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import median

from iasql.modules import discover
from iasql.resource import Resource
from property_tests.account.lacks import (
    AGAIN,
    ALONE,
    APART,
    FIXED,
    GONE,
    LACKS,
    LOSES,
    MISSING,
    NEEDED,
    NOTHING,
    ONCE,
    WITHOUT,
)
from property_tests.account.verbs import HAPPENS, NONE, tested
from property_tests.account.wrong import refused

MOST = 100
"""Lines that a declaration may have unexplained."""
LONG = {
    "alias_target": "Route 53 has no such thing: it is told, named and found from the records that lead to it",
    "auto_scaling_group": "one call takes 10 columns that the model names alike and 4 that it does not",
    "codebuild_project": "five inputs are nested, and each is put together and taken apart again",
    "distribution": "every change sends the whole configuration with its ETag, and a deletion waits until it is off",
    "docker_container": "no model of botocore: each verb is written by hand on Docker's API",
    "domain": "23 columns, many nested in options of their own, and no code",
    "dynamo_table": "seven of its columns have a call each, one of which AWS takes at a time",
    "instance": "RunInstances makes it with its devices, groups and role, and its state is a machine of its own",
    "lambda_function": "code, configuration and place in a VPC have a call each, in an order, with waits between",
    "load_balancer": "its subnets are zones as well, and its attributes a list of names that AWS adds to",
    "package": "no model of botocore: each verb is a command over SSH, whose answer is taken apart",
    "pipeline_declaration": "a token in its stages goes another way than they do",
    "queue": "its attributes are written one by one, and what a new one is like is told from its URL",
    "resource_record_set": "records have no id: a change sends the one before and the one after, in one of 5 routings",
    "route": "one destination of three kinds, one target of ten",
    "security_group_rule": "each direction has calls of its own, for one rule and for several of a group",
    "service": "one call makes it with its network and groups, and an update sends only what differs, or starts anew",
    "ssm_parameter": "a value is one of two columns, and a secret is sent again without being read into a row",
    "topic": "each attribute is set by itself, and null puts one back to what a new topic has",
}
"""Declarations that are longer, and why."""

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


def verbs() -> Iterator[tuple[str, dict[str, str]]]:
    """Table -> verb -> where it is tested (property_tests/account/verbs.py says what the words mean)."""
    for _, module in sorted(discover().items()):
        for resource in module.resources:
            if resource.service or resource.host:
                wrong = len(list(refused(resource))) if resource.service else 0
                yield resource.table, {verb: tested(resource, verb) for verb in HAPPENS} | {"refused": str(wrong)}


def run(name: str, found: Mapping[str, Mapping[str, str]]) -> str:
    """How many verbs of a module's tables are tested where, and of how many columns something wrong is refused."""
    tables = [found[r.table] for r in discover()[name].resources if r.table in found]
    counts = Counter(where for row in tables for verb, where in row.items() if verb in HAPPENS and where != NONE)
    refused = sum(int(row["refused"]) for row in tables)
    return ", ".join([*(f"{where} {count}" for where, count in sorted(counts.items())), f"refused {refused}"])


def excused() -> Iterator[tuple[str, str]]:
    """What the stand-in is excused for, and why; property_tests/test_declarations_lacks shows that each is still so."""
    for table, operation in MISSING.items():
        yield table, f"no {':'.join(operation)}"
    for (table, what), operation in (*FIXED.items(), *WITHOUT.items()):
        yield f"{table}, {what}", f"no {':'.join(operation)}"
    for (table, column), lack in LACKS.items():
        yield f"{table}, {column}", lack.why
    for (table, column), why in (*NEEDED.items(), *ONCE.items(), *APART.items()):
        yield f"{table}, {column}", why
    for reasons in (NOTHING, ALONE, AGAIN, GONE, LOSES):
        yield from reasons.items()


def main() -> None:
    """Prints the tables and their sums."""
    sizes = [lines_of(resource) for module in discover().values() for resource in module.resources]
    found = dict(verbs())
    print(f"{'module':24}{'tables':10}{'columns':10}{'lines (median, max)':22}properties run")
    for name, tables, columns, lines in rows():
        print(f"{name:24}{tables:10}{columns:10}{lines:22}{run(name, found)}")
    print()
    heads = (*HAPPENS, "refused")
    print(f"{'table':36}" + "".join(f"{head:9}" for head in heads))
    for table, row in found.items():
        print(f"{table:36}" + "".join(f"{row[head]:9}" for head in heads))
    print("refused: columns of which something is refused before a call, beside references, which the database checks")
    print()
    for what, why in excused():
        print(f"{what}: {why}")
    print()
    for table, why in LONG.items():
        print(f"more than {MOST} lines: {table}: {why}")
    print(f"lines per declaration: median {median(sizes):g}, max {max(sizes)}, {len(sizes)} declarations")


if __name__ == "__main__":
    main()
