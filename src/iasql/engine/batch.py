"""Jobs that one call does together, and what becomes of each.

Where AWS refuses such a call, it did none of it: each job is then tried by itself, which tells whose fault it was. The
next step is `iasql.engine.carry_out`, which logs what came out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

import attrs

from iasql.cloud import joint
from iasql.cloud.session import Session
from iasql.cloud.verdict import CloudFailure
from iasql.engine.attempt import attempt
from iasql.engine.job import Done, Job

LATER = frozenset({"throttled", "not_yet", "unknown", "credentials"})
"""Failures about which the single rows would tell no more."""


@attrs.frozen(kw_only=True)
class Batch:
    """The jobs at these places of a round; alone, or with what each asks for in one call."""

    places: tuple[int, ...]
    jobs: tuple[Job, ...]
    shares: tuple[joint.Share, ...] = ()

    def attempt(self, aws: Session) -> Iterator[tuple[int, Done | CloudFailure]]:
        """What became of the job at each place."""
        results = self._together(aws) if len(self.jobs) > 1 else [attempt(aws, job) for job in self.jobs]
        return zip(self.places, results, strict=True)

    def _together(self, aws: Session) -> Sequence[Done | CloudFailure]:
        requests: list[tuple[str, str, float]] = []
        try:
            images = joint.send(aws, self.shares, lambda *told: requests.append(told))
        except CloudFailure as failure:
            if failure.kind in LATER:
                return [failure for _ in self.jobs]
            return [attempt(aws, job) for job in self.jobs]
        unseen = CloudFailure("unknown", code="NotTold", text="the answer for several rows tells nothing of this one")
        return [
            unseen if image is None else Done(job=job, answer=image, requests=tuple(requests))
            for job, image in zip(self.jobs, images, strict=True)
        ]


def batches(aws: Session, jobs: Sequence[Job]) -> list[Batch]:
    """The jobs of a round, those together that one call can do."""
    found: list[Batch] = []
    common: dict[str, list[tuple[int, joint.Share]]] = defaultdict(list)
    for place, job in enumerate(jobs):
        share = _share(aws, job)
        if share is None:
            found.append(Batch(places=(place,), jobs=(job,)))
        else:
            common[share.in_common].append((place, share))
    for group in common.values():
        size = group[0][1].at_once
        found += [_batch(jobs, group[start : start + size]) for start in range(0, len(group), size)]
    return found


def _batch(jobs: Sequence[Job], group: Iterable[tuple[int, joint.Share]]) -> Batch:
    places, shares = zip(*group, strict=True)
    return Batch(places=places, jobs=tuple(jobs[place] for place in places), shares=shares)


def _share(aws: Session, job: Job) -> joint.Share | None:
    """What a job asks for in a call with others; None where it has calls of its own, or was tried before."""
    if job.task.step.along or job.bringer is not None or job.unheard or job.unseen or job.made is not None:
        return None
    resource, region = job.task.step.resource, job.region
    if job.task.verb == "create" and job.after is not None:
        return joint.creation(aws, resource, region, job.after, job.token)
    if job.task.verb == "update" and job.after is not None and job.before is not None:
        return joint.change(aws, resource, region, job.before, job.after, job.task.columns)
    return None if job.before is None else joint.removal(aws, resource, region, job.before)
