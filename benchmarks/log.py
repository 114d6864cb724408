"""What readings of the log cost as it grows, and what evidence of all of it costs: seconds, and memory of the command.

Ten thousand rows are updated in transactions of up to ten thousand changes; one row of them is changed a hundred times
in each, so that its own history becomes long.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import psutil
import psycopg
from psycopg.types.json import Jsonb

from benchmarks.database import INSERT, TABLES
from benchmarks.process import Cost, Meter
from benchmarks.report import Figure, by_size
from iasql.log import markers, net
from tests.integration.place import Place, place

ROWS, SPAN, OFTEN, UNSEALED = 10_000, 1000, 100, 5000
HOT, COLD = 1, 2
FORMS = ("csv", "json", "parquet")
Connection = psycopg.Connection[Any]


def measure(sizes: Iterable[int], forms: Iterable[str] = FORMS) -> list[Figure]:
    """Everything for each length of the log, the shorter ones first; exports in these formats."""
    found: list[Figure] = []
    folder, out = (Path(tempfile.mkdtemp(prefix=f"iasql-{what}-")) for what in ("bench", "exports"))
    try:
        with place(folder) as where:
            with where.engine() as engine:
                engine.execute(TABLES)
            for size in sorted(sizes):
                for figure in chain(_readings(where, size), _evidence(where, size, out / str(size), forms)):
                    print(f"{figure.name}: {figure.value:,.4g} {figure.unit} {figure.detail}", flush=True)
                    found.append(figure)
    finally:
        for each in (folder, out):
            shutil.rmtree(each, ignore_errors=True)
    by_size(found, "by the number of rows in the log")
    return found


# readings


def _readings(where: Place, size: int) -> Iterator[Figure]:
    """Fills the log up to so many rows, then asks what users and verbs ask."""
    with where.connect() as user, where.engine() as engine:
        _fill(user, engine, size)
        engine.execute(_SUMMARIZE.encode())
        yield _reading(f"seal of {UNSEALED:,} rows", size, engine, "select iasql.seal()")
        yield _reading("folds and names caught up with", size, engine, _CATCH_UP)
        began = _one(user, "select min(ts) from iasql_audit_log where table_name = 'logged_rows'")
        moment = _one(user, "select clock_timestamp()")
        tx = _changed(user)
        keys = [Jsonb(key) for (key,) in engine.execute("select key from iasql.touched(%s)", [tx]).fetchall()]
        cold, hot, name = Jsonb({"id": COLD}), Jsonb({"id": HOT}), Jsonb({"name": f"n{COLD}"})
        standing = "select * from iasql.standing('logged_rows', %s)"
        asked: dict[str, tuple[Connection, str, list[Any]]] = {
            "net of 1,000 rows (preview)": (engine, "select * from iasql.touched(%s)", [tx]),
            "standing of 1,000 rows (preview, commit)": (engine, standing, [keys]),
            "standing of a row changed often": (engine, standing, [[hot]]),
            "pending (tick)": (engine, "select * from iasql.pending()", []),
            "history of one row": (user, "select * from iasql_history('logged_rows', %s)", [cold]),
            "history of one row, by name": (user, "select * from iasql_history('logged_rows', %s)", [name]),
            "blame of one row": (user, "select * from iasql_blame('logged_rows', %s)", [cold]),
            "blame of a row changed often": (user, "select * from iasql_blame('logged_rows', %s)", [hot]),
            "former keys of 100 names (import)": (engine, _FORMER, []),
            "state of the table a moment ago": (user, "select * from iasql_state_at('logged_rows', %s)", [moment]),
            "state of the table at the beginning": (user, "select * from iasql_state_at('logged_rows', %s)", [began]),
            "difference since a moment ago": (user, "select * from iasql_diff(%s)", [moment]),
            "the open transaction": (user, "select * from iasql_transaction where state = 'open'", []),
            "rollback of 1,000 rows": (user, "select * from iasql_rollback()", []),
        }
        for what, how in asked.items():
            yield _reading(what, size, *how)
        tx = _changed(user)
        yield _reading("net of a commit of 1,000 rows", size, engine, "select * from iasql.net(%s)", [tx])
        _commit(engine, tx)
        yield _reading("revert of 1,000 rows", size, user, "select * from iasql_revert(%s)", [tx])
        user.execute("select * from iasql_rollback()")
        while _one(engine, "select iasql.seal()"):
            continue
        yield _reading("verify in SQL", size, user, "select * from iasql_audit_verify()")


_SUMMARIZE = """
select brin_summarize_new_values(i.indexrelid) from pg_index i join pg_class c on c.oid = i.indexrelid
  join pg_am m on m.oid = c.relam and m.amname = 'brin' where i.indrelid in (select p.rel from iasql.audit_part p)"""
"""What autovacuum does within a minute (autosummarize): a log that comes about in seconds would be read as a whole."""
_CATCH_UP = """
do $$ declare top bigint := (select max(id) from public.iasql_audit_log);
begin
  while iasql.catch_up(top) is not null loop null; end loop;
end $$"""
_FORMER = """
select count(*) from iasql.last_keys('logged_rows',
  array(select jsonb_build_object('name', 'n' || i) from generate_series(1, 100) i))"""
_UPDATES = f"""
do $$ begin
  update logged_rows set c1 = (random() * 1000)::text, c2 = 'again'
    where id > {HOT} and (id > {COLD} or random() < 0.1);
  for i in 1..{OFTEN} loop
    update logged_rows set c1 = (random() * 1000)::text where id = {HOT};
  end loop;
end $$"""


def _fill(user: Connection, engine: Connection, size: int) -> None:
    """Rows that are updated, one transaction after the other, until the log is as long as wanted."""
    if not _one(user, "select count(*) from logged_rows"):
        user.execute(INSERT.format(table="logged_rows", low=1, high=min(ROWS, size // 2)).encode())
    while size - int(_one(user, "select count(*) from iasql_audit_log")) > UNSEALED:
        tx = _one(user, "select transaction_id from iasql_begin('some of many')")
        user.execute(_UPDATES.encode())
        _commit(engine, tx)
    user.execute(f"update logged_rows set c4 = random()::text where id <= {UNSEALED}".encode())
    engine.execute("analyze public.iasql_audit_log")
    engine.execute("select iasql.settle((select max(id) from public.iasql_audit_log))")


def _changed(user: Connection) -> Any:
    """An open transaction in which a thousand rows were changed."""
    tx = _one(user, "select transaction_id from iasql_begin('a change of a thousand rows')")
    user.execute(f"update logged_rows set c3 = random()::text where id between 1 and {SPAN}".encode())
    return tx


def _commit(engine: Connection, tx: Any) -> None:
    """What an engine logs of a commit that asks nothing of the cloud; unsealed."""
    markers.start_commit(engine, tx, net.last_id(engine, tx))
    markers.end_commit(engine, tx)
    markers.close(engine, tx)


def _reading(what: str, size: int, connection: Connection, query: str, arguments: list[Any] | None = None) -> Figure:
    backend = psutil.Process(connection.info.backend_pid)
    before, began = backend.cpu_times(), time.perf_counter()
    cursor = connection.execute(query.encode(), arguments or None)
    if cursor.description is not None:
        cursor.fetchall()
    wall, after = time.perf_counter() - began, backend.cpu_times()
    cpu = after.user + after.system - before.user - before.system
    return Figure(name=_name(what, size), value=1000 * wall, unit="ms", detail={"cpu_ms": round(1000 * cpu)})


# evidence


def _evidence(where: Place, size: int, folder: Path, forms: Iterable[str]) -> Iterator[Figure]:
    """Export and verification in each format, then the archive and back."""
    dsn = where.address.dsn("iasql_engine", where.database)
    for form in forms:
        out = folder / form
        yield from _command(f"export as {form}", size, where, "export", str(out), "--format", form, "--dsn", dsn)
        yield from _command(f"verify offline, {form}", size, where, "verify", str(out))
        yield Figure(name=_name(f"size of {form}", size), value=_bytes(out) / 2**20, unit="MB")
        shutil.rmtree(out)
    with where.engine() as engine:
        engine.execute("select iasql.rotate(now => true), iasql.settle((select max(id) from public.iasql_audit_log))")
    to = str(folder / "archive")
    before = ("--before", "2999-01-01", "--dsn", dsn)
    yield from _command("archive", size, where, "archive", to, *before)
    yield from _command("attach", size, where, "attach", "--dsn", dsn)


def _command(what: str, size: int, where: Place, *words: str) -> Iterator[Figure]:
    """Seconds of `iasql audit ...`, and the most memory that it took, and PostgreSQL beside its shared buffers."""
    began = [sys.executable, "-m", "iasql", "audit", *words]
    client = subprocess.Popen(began, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    told: list[str] = []

    def wait() -> None:
        told.append(client.communicate()[0])

    cost, server = _both(client.pid, where, wait)
    if client.returncode:
        raise RuntimeError(f"{what} failed: {told[0]}")
    detail: dict[str, object] = {"cpu": round(cost.cpu, 2), "server_mb": round(server)}
    yield Figure(name=_name(what, size), value=cost.seconds, unit="s", detail=detail)
    yield Figure(name=_name(f"{what}: memory", size), value=cost.megabytes, unit="MB")


def _both(client: int, where: Place, work: Callable[[], None]) -> tuple[Cost, float]:
    """What it costs the client, and the most memory of any of PostgreSQL's processes at work for it."""
    found: list[Cost] = []
    with where.engine() as engine:
        postmaster = psutil.Process(engine.info.backend_pid).ppid()
    behind = Meter(roots=lambda: [postmaster])
    server = behind.run(lambda: found.append(Meter(roots=lambda: [client]).run(work)))
    return found[0], server.megabytes


def _bytes(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def _name(what: str, size: int) -> str:
    return f"{what}, {size:,} rows logged"


def _one(connection: Connection, query: str) -> Any:
    (row,) = connection.execute(query.encode()).fetchall()
    return row[0]
