"""What the engine itself can do, beyond moto: an account of very many rows comes in, and is read again unchanged."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from benchmarks.cloud import stub
from benchmarks.contenders import Iasql
from benchmarks.process import Cost, Meter
from benchmarks.report import Figure, figures
from benchmarks.workloads import W1

TABLE = "security_group"


def measure(sizes: Iterable[int]) -> list[Figure]:
    """Seconds, CPU and peak memory for each number of rows."""
    found = [figure for size in sorted(sizes) for figure in _account(size)]
    figures(found, "an account of so many security groups, from a stub; goal: at most 600 MB at 100,000 rows")
    return found


def _account(rows: int) -> list[Figure]:
    with stub(str(rows)) as cloud:
        contender = Iasql(cloud, W1, rows)
        contender.modules = ("aws_vpc",)
        try:
            contender.prepare()
            meter = Meter(roots=contender.pids)
            return [
                figure
                for what, work in _stages(contender)
                for figure in _told(f"{what}, {rows:,} rows", meter.run(work))
            ]
        finally:
            contender.close()


def _stages(contender: Iasql) -> list[tuple[str, Callable[[], object]]]:
    install, again = "select * from iasql_install('aws_security_group')", f"select * from iasql_refresh('{{{TABLE}}}')"
    change = f'update {TABLE} set tags = \'{{"a": "b"}}\' where id = (select min(id) from {TABLE})'

    def preview() -> None:
        contender.sql("select iasql_begin()")
        contender.sql(change)
        contender.sql("select * from iasql_preview()")
        contender.sql("select iasql_rollback()")

    return [
        ("all come in", lambda: contender.sql(install)),
        ("nothing has changed", lambda: contender.sql(again)),
        ("preview of one change", preview),
    ]


def _told(name: str, cost: Cost) -> list[Figure]:
    return [
        Figure(name=name, value=cost.seconds, unit="s", detail={"cpu": cost.cpu}),
        Figure(name=f"{name}: memory", value=cost.megabytes, unit="MB"),
    ]
