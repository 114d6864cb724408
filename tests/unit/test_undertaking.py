"""What is frozen in the log before the first call comes out of it as it was."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

from iasql.engine.links import Unresolved
from iasql.engine.undertaking import Undertaking, thawed
from iasql.log import calls
from iasql.modules import discover
from iasql.plan.plan import Step

RESOURCES = {resource.table: resource for module in discover().values() for resource in module.resources}


def frozen(undertaking: Undertaking, monkeypatch: Any) -> calls.Frozen:
    """As the log would give it back."""
    written: list[Any] = []
    monkeypatch.setattr(calls, "freeze", lambda connection, tx, verb, steps, epoch: written.extend(steps))
    undertaking.freeze(SimpleNamespace(connection=None, epoch=1), "commit")  # type: ignore[arg-type]
    steps = tuple(json.loads(json.dumps(written)))
    return calls.Frozen(transaction=undertaking.transaction, verb="commit", steps=steps)


def test_a_step_survives_with_every_field(monkeypatch: Any) -> None:
    group = RESOURCES["security_group"]
    step = Step(
        action="replace",
        side="cloud",
        resource=group,
        key={"id": 3},
        before={"id": 3, "group_id": "sg-1", "vpc_id": Unresolved("vpc-of-others"), "tags": {"a": "1"}},
        after={"id": 3, "group_id": None, "vpc_id": 7, "tags": None},
        columns=frozenset({"vpc_id", "tags"}),
        changed_by=("olga",),
        protected=True,
        along=True,
        brought_by=("vpc", '{"id":7}'),
        theirs=frozenset({"description"}),
        kept={"description": "old"},
    )
    raw = {step.handle: {"group_id": "sg-1", "vpc_id": "vpc-of-others", "tags": {"a": "1"}}}
    undertaking = Undertaking(transaction="0191", steps=(step,), raw=raw)
    context: Any = SimpleNamespace(resources=RESOURCES)
    assert thawed(context, frozen(undertaking, monkeypatch)) == undertaking


def test_rows_of_modules_that_are_gone_are_left_out(monkeypatch: Any) -> None:
    step = Step(
        action="delete", side="cloud", resource=RESOURCES["queue"], key={"id": 1}, before={"name": "q"}, after=None
    )
    undertaking = Undertaking(transaction="0191", steps=(step,), raw={})
    context: Any = SimpleNamespace(resources={})
    assert thawed(context, frozen(undertaking, monkeypatch)).steps == ()
