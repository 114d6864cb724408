"""What goes wrong between the engine and AWS: the nth call fails in one of the ways that calls do fail.

A session of the engine's whose clients ask, before and after each call, whether this is the one. The next step is
`property_tests.machines.world`, which arms it.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from typing import Any, Literal, TypeAlias, get_args

import attrs
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

from iasql.cloud.session import Session, Timeouts

Way: TypeAlias = Literal["refused", "throttled", "cut", "lost", "killed_before", "killed_after"]
"""Refused; throttled; never sent; landed with its answer lost; the engine dies before it, after it."""

WAYS: tuple[Way, ...] = get_args(Way)
CODES = {"refused": "AccessDenied", "throttled": "Throttling"}


class Killed(BaseException):
    """The engine is dead: nothing of it may run any more."""


@attrs.frozen
class Answer:
    """An HTTP answer that never came from AWS."""

    status_code: int


@attrs.define(kw_only=True)
class Faults:
    """Counts calls from any thread, and spoils the one that is armed; `strikes` counts those that were, by way.

    `die` cuts a killed engine's connections.
    """

    way: Way | None = None
    left: int = 0
    writes: bool = False
    struck: bool = False
    dead: bool = False
    told: str | None = None
    strikes: Counter[str] = attrs.field(factory=Counter)
    die: Callable[[], None] = lambda: None
    _lock: threading.Lock = attrs.field(factory=threading.Lock, init=False)
    _mine: threading.local = attrs.field(factory=threading.local, init=False)

    def arm(self, way: Way, nth: int, *, writes: bool) -> None:
        """The nth call from now goes wrong; of those that change something when `writes`."""
        self.way, self.left, self.writes, self.struck, self.dead = way, nth, writes, False, False

    def disarm(self) -> bool:
        """Nothing goes wrong any more; whether anything did since it was armed."""
        struck, self.struck = self.struck, False
        self.way, self.dead = None, False
        return struck

    def before(self, model: Any, **_: Any) -> Any:
        """Called by botocore before each call; an answer given here is the call's."""
        if self.dead:
            raise Killed
        way = self._strikes(model.name)
        self._mine.way = way
        if way == "killed_before":
            self._kill()
        if way == "cut":
            raise EndpointConnectionError(endpoint_url="machine")
        if way in CODES:
            about = {"Error": {"Code": CODES[way], "Message": "by the machine"}, "ResponseMetadata": {"RequestId": "-"}}
            about["ResponseMetadata"]["HTTPStatusCode"] = 400  # type: ignore[assignment]
            return Answer(400), about
        return None

    def after(self, **_: Any) -> None:
        """Called by botocore after each call that was answered."""
        way, self._mine.way = getattr(self._mine, "way", None), None
        if way == "lost":
            raise ReadTimeoutError(endpoint_url="machine")
        if way == "killed_after":
            self._kill()
        if self.dead:
            raise Killed

    def _strikes(self, operation: str) -> Way | None:
        with self._lock:
            if self.way is None or self.struck or (self.writes and reads(operation)):
                return None
            self.left -= 1
            if self.left > 0:
                return None
            self.struck, self.told = True, operation
            self.strikes[self.way] += 1
            return self.way

    def _kill(self) -> None:
        self.dead = True
        self.die()
        raise Killed


def reads(operation: str) -> bool:
    """Whether a call changes nothing."""
    return operation.startswith(("Describe", "Get", "List", "Head"))


class FaultySession(Session):
    """A session with AWS whose calls go wrong when they are told to."""

    def __init__(self, faults: Faults) -> None:
        super().__init__(None, timeouts=Timeouts(landed=0.0))
        self._faults = faults

    def _new_client(self, service: str, region: str) -> Any:
        client = super()._new_client(service, region)
        events = client.meta.events
        events.register("before-call", self._faults.before)
        events.register("after-call", self._faults.after)
        return client
