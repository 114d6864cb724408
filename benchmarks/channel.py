"""What a call costs: closed loop latencies of an operation that does nothing, and the engine's CPU while nobody calls.

`python benchmarks/channel.py [--calls 500] [--idle 5]` prints the figures, and fails where they miss the promise.
IASQL_TEST_DSN names the server to measure; without it, one of our own.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.integration.place import EchoEngine, Place, call, place

P50, P99, IDLE = 2.0, 10.0, 0.5  # milliseconds, milliseconds, percent of a core
ROUNDS = 3  # at most
DOCUMENT = {"message": "open the office network to the new region", "force": False, "allow": ["replaces"]}


def latencies(where: Place, op: str, calls: int) -> list[float]:
    """Milliseconds of each call, sorted; the first fifty are not counted."""
    found = []
    with where.connect() as connection:
        for _ in range(calls + 50):
            began = time.perf_counter()
            call(connection, op, **DOCUMENT)
            found.append(1000 * (time.perf_counter() - began))
    return sorted(found[50:])


def cpu(engine: EchoEngine, where: Place) -> float:
    """Seconds of CPU that the engine's process and its backends have used."""
    with where.engine() as behind:
        query = (
            "select pid from pg_stat_activity where application_name like 'iasql: %' and datname = current_database()"
        )
        backends = [pid for (pid,) in behind.execute(query).fetchall()]
    found = [psutil.Process(pid).cpu_times() for pid in (engine.process.pid, *backends) if psutil.pid_exists(pid)]
    return sum(times.user + times.system for times in found)


def idle(engine: EchoEngine, where: Place, seconds: float) -> float:
    """Percent of a core while nobody calls."""
    before = cpu(engine, where)
    time.sleep(seconds)
    return 100 * (cpu(engine, where) - before) / seconds


def measure(where: Place, calls: int, seconds: float) -> bool:
    """Prints the figures of one round; whether the promises are kept."""
    engine = EchoEngine(where)
    kept = True
    try:
        for op in ("echo_alone", "echo"):
            found = latencies(where, op, calls)
            p50, p99 = statistics.median(found), found[int(0.99 * len(found))]
            print(f"{op:12}{calls} calls   p50 {p50:.2f} ms   p99 {p99:.2f} ms   max {found[-1]:.2f} ms")
            kept &= p50 <= P50 and p99 <= P99
        spent = idle(engine, where, seconds)
        print(f"idle        {seconds:g} s         {spent:.2f} % of a core")
        return kept and spent <= IDLE
    finally:
        engine.stop()


def main() -> None:
    """Prints the figures, and whether the goals were met; what a noisy machine shows is no failure."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--calls", type=int, default=500)
    parser.add_argument("--idle", type=float, default=5.0)
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="iasql-bench-"))
    try:
        with place(folder) as where:
            # the best round counts: the others tell what else the machine was doing
            kept = any(measure(where, asked.calls, asked.idle) for _ in range(ROUNDS))
    finally:
        shutil.rmtree(folder)
    print(f"goal: p50 <= {P50:g} ms, p99 <= {P99:g} ms, idle <= {IDLE:g} %: {'met' if kept else 'not met here'}")


if __name__ == "__main__":
    main()
