"""Carries a workload out with every contender, one after the other, and keeps what each stage cost."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

import attrs

from benchmarks.cloud import Cloud
from benchmarks.contenders import Contender
from benchmarks.process import Meter
from benchmarks.workloads import Workload


@attrs.frozen(kw_only=True)
class Result:
    """One stage of one contender."""

    workload: str
    n: int
    latency_ms: float
    contender: str
    stage: str
    seconds: float
    cpu: float
    megabytes: float
    requests: int
    operations: dict[str, int] = attrs.field(factory=dict)
    failures: dict[str, int] = attrs.field(factory=dict)
    busy: float = 0.0
    """For how many of the seconds anything was asked of AWS."""
    spent: dict[str, float] = attrs.field(factory=dict)
    """Seconds that the stand-in took to answer, by operation."""
    stand_in: float = 0.0
    """Seconds of CPU that the stand-in took, which has one thread at work at a time."""


def race(
    cloud: Cloud, workload: Workload, n: int, latency: float, contenders: Iterable[type[Contender]], stages: set[str]
) -> Iterator[Result]:
    """The results of a workload of one size, stage by stage."""
    for kind in contenders:
        cloud.proxy.delay(0)
        cloud.empty()
        contender = kind(cloud, workload, n)
        try:
            contender.prepare()
            cloud.proxy.delay(latency)
            for stage in contender.stages:
                if not stages or stage in stages or stage == "create":
                    yield _measured(cloud, contender, stage, latency)
        except (RuntimeError, OSError) as error:
            print(f"{kind.name} ended: {error}", file=sys.stderr)
        finally:
            cloud.proxy.delay(0)
            contender.close()


def _measured(cloud: Cloud, contender: Contender, stage: str, latency: float) -> Result:
    contender.ready(stage)
    cloud.proxy.reset()
    before = cloud.cpu
    cost = Meter(roots=contender.pids, children=contender.children).run(lambda: contender.run(stage))
    counts = cloud.proxy.counts()
    return Result(
        workload=contender.workload.name, n=contender.n, latency_ms=1000 * latency, contender=contender.name,
        stage=stage, seconds=cost.seconds, cpu=cost.cpu, megabytes=cost.megabytes,
        requests=sum(counts.values()), operations=counts, failures=cloud.proxy.failures(),
        busy=cloud.proxy.busy(), spent=cloud.proxy.seconds(), stand_in=cloud.cpu - before,
    )  # fmt: skip
