"""What is wanted of single rows, and the plan that comes of it; what no plan may do. See `iasql.engine.propose`."""

from __future__ import annotations

from collections import defaultdict

import attrs

from iasql.errors import Refused
from iasql.plan.merge import Difference
from iasql.plan.plan import Plan, Step
from iasql.plan.state import Handle, Image, Key, handle


@attrs.frozen(kw_only=True)
class Wish:
    """One row that a span wants pushed: all of it, or only these columns."""

    table: str
    key: Key
    columns: frozenset[str] | None = None
    follows: bool = False
    """Whether it is only asked for because what it refers to gets another cloud id."""

    @property
    def handle(self) -> Handle:
        """The row's name."""
        return handle(self.table, self.key)


@attrs.frozen(kw_only=True)
class Proposal:
    """A plan with the cloud's own image of each row in it, by handle."""

    plan: Plan
    differences: tuple[Difference, ...]
    raw: dict[Handle, Image]

    @property
    def keys(self) -> dict[str, list[Key]]:
        """The rows that this proposal looked at, by table."""
        found: dict[str, list[Key]] = defaultdict(list)
        for difference in self.differences:
            if difference.ours is not None:
                found[difference.resource.table].append(difference.ours.key)
        return dict(found)

    @property
    def beside(self) -> list[Difference]:
        """Rows that need nothing from the cloud, and may have to hear of it."""
        return [each for each in self.differences if each.ours is not None and each.cloud is None]


def refuse_faults(proposal: Proposal) -> None:
    """Raises Refused, naming every value that AWS would refuse and every row that is AWS's own."""
    reasons = [reason for step in proposal.plan.cloud for reason in faults(step)]
    if reasons:
        raise Refused("\n".join(reasons), hint="Nothing was called. Correct the rows, or iasql_rollback().")


def faults(step: Step) -> list[str]:
    """Why a step may not be taken: values outside of AWS's own model, or a row that AWS keeps."""
    where = f"{step.resource.table} {step.row_id or step.description}"
    if step.action in {"delete", "replace"} and step.resource.stays is not None and not step.along:
        reason = step.resource.stays(step.before or {})
        if reason:
            return [f"{where}: cannot {step.action}: {reason}"]
    if step.protected:
        return [f"{where}: cannot {step.action}: iasql_mode says PROTECT"]
    if step.after is None:
        return []
    # a row that another one's call makes is not asked what a call of its own would need
    taken = step.along or step.brought_by is not None
    columns = step.columns if step.action == "update" else step.resource.settable if taken else None
    return [f"{where}: {fault}" for fault in step.resource.faults(step.after, columns)]
