"""Takes off the tags by which a create that nobody heard of would have been found again.

The next step is `iasql.engine.settle`.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable

from iasql.cloud import traces, writer
from iasql.cloud.verdict import CloudFailure
from iasql.engine.context import Context
from iasql.engine.job import Done
from iasql.log import calls

logger = logging.getLogger(__name__)
UNTAG = "remove iasql:intent tags"


def untag(context: Context, transaction: str, done: Iterable[Done]) -> None:
    """Takes the tags off that named what is logged by now; nobody sees them, so that a failure is no harm."""
    by_region: dict[str, list[str]] = {}
    for each in done:
        resource, made = each.job.task.step.resource, each.answer
        if each.job.task.verb == "create" and traces.is_tagged(resource):
            region, name = each.job.region or made.get("region"), made.get(resource.cloud_id[0])
            if region is not None and name is not None:
                by_region.setdefault(region, []).append(name)
    for region, tagged in by_region.items():
        intent = calls.intend_function(context.connection, transaction, UNTAG, context.epoch)
        error = None
        try:
            writer.clear_intents(context.aws, region, tagged)
        except CloudFailure as failure:
            logger.warning("the tags of what was created stay on %d rows: %s", len(tagged), failure)
            error = str(failure)
        calls.conclude_function(context.connection, transaction, UNTAG, intent, error)
