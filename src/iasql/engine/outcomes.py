"""What became of calls, written to the log together with what it means for other rows.

The next step is whoever made the calls.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from iasql.engine.context import Context
from iasql.engine.job import Job
from iasql.log import calls
from iasql.plan.state import Key


def conclude(context: Context, transaction: str, jobs: Sequence[Job], outcomes: Sequence[calls.Outcome]) -> None:
    """Logs the outcomes of these jobs, and with them that rows have taken over what deleted ones agreed on."""
    with context.connection.transaction():
        calls.conclude(context.connection, transaction, outcomes, context.epoch)
        calls.log_passed_on(context.connection, transaction, _passed_on(jobs, outcomes))


def _passed_on(jobs: Sequence[Job], outcomes: Sequence[calls.Outcome]) -> Iterator[tuple[str, Key, Key]]:
    """The deleted rows, by table and key, whose agreement the rows in their place, by key, have as their own by now.

    Where one is replaced that is so once the old half is gone: until then only the deleted row tells of it.
    """
    for job, outcome in zip(jobs, outcomes, strict=True):
        step = job.task.step
        told = outcome.ended if step.action == "replace" else outcome.agreed
        if step.former is not None and step.key is not None and told is not None:
            yield step.resource.table, step.former, step.key
