"""After which failures the same task is tried again."""

from __future__ import annotations

from iasql.cloud.verdict import CloudFailure
from iasql.engine.attempt import UNSEEN, again, may_wait
from iasql.engine.job import Job
from iasql.modules import discover
from iasql.plan.order import Task
from iasql.plan.plan import Step

ROLE = next(r for module in discover().values() for r in module.resources if r.table == "iam_role")
STEP = Step(action="create", side="cloud", resource=ROLE, key={"role_name": "a"}, before=None, after={"role_name": "a"})
JOB = Job(task=Task(verb="create", step=STEP), region=None, before=None, after={"role_name": "a"}, token="t")


def failure(made: bool) -> CloudFailure:
    """IAM does not find what a call names."""
    found = CloudFailure("gone", code="NoSuchEntity", text="not there", operation="AttachRolePolicy")
    found.partial = {"role_name": "a"} if made else None
    return found


def test_what_was_just_made_may_not_be_seen_yet_a_few_times() -> None:
    job, tries = JOB, 0
    while may_wait(job, failure(made=True)):
        job, tries = again(job, failure(made=True)), tries + 1
        assert job.made == {"role_name": "a"}
    assert tries == UNSEEN


def test_what_is_gone_and_was_not_made_is_a_failure_at_once() -> None:
    assert not may_wait(JOB, failure(made=False))
