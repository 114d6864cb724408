"""One engine's time in office for one database: the waiter receives, the lanes answer, threads do the work.

It ends as a whole when the waiter's connection ends, because whoever lost that lock is not the engine any more;
`iasql.server.channel` then tries to begin another.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime

import attrs
import psycopg
from psycopg_pool import ConnectionPool

from iasql.errors import REFUSALS, Busy, IasqlError, InvalidArgument, PermissionDenied
from iasql.server.lane import Lane
from iasql.server.reply import Attempt, failure, first_line, rows
from iasql.server.request import Operation, Request, Row, Session
from iasql.server.session import Sessions, configure, cut, stands
from iasql.server.waiter import EXCLUSIVE, SHARED, Document, Office, Waiter
from iasql.server.window import Window
from iasql.server.worker_pool import WorkerPool

logger = logging.getLogger(__name__)

BESIDE = 16  # operations at a time beside the exclusive one
WAKE_EVERY = 0.05  # seconds between two wake-ups for progress
LONG_WAIT = 0.5  # seconds in the queue after which it is worth asking whether the caller still waits
TIDY_EVERY = 30.0


@attrs.define(eq=False)
class Job:
    """A request on its way, and how far it is."""

    request: Request
    operation: Operation
    since: datetime = attrs.field(factory=lambda: datetime.now(UTC))
    received: float = attrs.field(factory=time.monotonic)
    said: str = ""
    notices: int = 0
    woken: float = 0.0
    answered: bool = False

    @property
    def is_in_the_way(self) -> bool:
        """Whether others are refused meanwhile; for what is brief, or all but over, they wait."""
        return not (self.operation.brief or self.request.ending.is_set())

    def __str__(self) -> str:
        seconds = round(time.monotonic() - self.received)
        told = f" ({self.said})" if self.said else ""
        return f"{self.request.op} by {self.request.user}, for {seconds} s{told}"


class Tenure:
    """`run` it once, after which it is of no more use; `close` it always."""

    def __init__(self, sessions: Sessions, operations: Mapping[str, Operation]) -> None:
        self.office: Office | None = None
        self._sessions = sessions
        self._operations = operations
        self._guard = threading.Lock()
        self._line: list[Job] = []  # the exclusive ones, the first of them running
        self._lent: set[Session] = set()
        self._tidied = time.monotonic()
        self._closed = False
        self._worker = WorkerPool(f"{sessions.database}-exclusive", 1, self._failed)
        self._helpers = WorkerPool(f"{sessions.database}-shared", BESIDE, self._failed)
        with ExitStack() as opened:
            self._waiter = Waiter(sessions)
            opened.callback(self._waiter.close)
            self._exclusive = Lane(sessions, EXCLUSIVE, "worker")
            opened.callback(self._exclusive.close)
            self._shared = Lane(sessions, SHARED, "announcer")
            opened.pop_all()
        self._pool = ConnectionPool(
            sessions.dsn, kwargs=sessions.arguments("beside"), min_size=1, max_size=BESIDE, num_workers=1, open=False,
            configure=configure, check=_check, name=f"{sessions.database}-shared", timeout=10, max_idle=60,
        )  # fmt: skip

    def run(self, stopped: threading.Event, on_engine: Callable[[Session], None], ready: threading.Event) -> None:
        """Takes office, makes itself known and serves until the waiter's connection ends."""
        self.office = self._waiter.take_office(stopped)
        if self.office is None:
            return
        self._pool.open()
        on_engine(self._exclusive.standing())
        for lane in (self._exclusive, self._shared):
            lane.open()
        ready.set()
        self._waiter.listen(self.office, self._receive, self._tidy)

    def running(self) -> Request | None:
        """The exclusive request that is being carried out."""
        with self._guard:
            return next((job.request for job in self._line if job.operation.brief or job.is_in_the_way), None)

    def drain(self, seconds: float) -> None:
        """Asks what runs to stop at a safe point, and gives it so many seconds."""
        with self._guard:
            for job in self._line:
                job.request.stop()
        until = time.monotonic() + seconds
        while (self._worker.busy or self._helpers.busy) and time.monotonic() < until:
            time.sleep(0.02)

    def end(self) -> None:
        """Leaves office, so that `run` ends; a sleeping backend would notice a closed connection late."""
        with Attempt() as attempt:
            self._shared.execute("select pg_terminate_backend(%s)", self._waiter.pid)
        if attempt.error is not None:
            self._waiter.cut()

    def close(self) -> None:
        """Ends every connection, also under operations that still run, and the threads; for the thread of `run`."""
        with self._guard:
            self._closed = True
            for job in self._line:
                job.request.stop()
            lent = list(self._lent)
        for session in lent:
            cut(session)
        self._waiter.close()
        self._exclusive.close()
        self._shared.close()
        self._worker.shutdown()
        self._helpers.shutdown()
        self._pool.close()

    # receiving: in the waiter's thread, while the caller holds everybody else up

    def _receive(self, window: Window, document: Document) -> int:
        """Passes a request on; which lane answers."""
        if time.monotonic() - self._tidied > TIDY_EVERY:
            self._helpers.submit(self._tidy)
        request = self._request(window, document)
        operation = self._operations.get(request.op)
        refusal = self._refusal(request, operation)
        if operation is None or refusal is not None:
            self._helpers.submit(lambda: self._refuse(request, refusal or InvalidArgument()))
            return SHARED
        job = Job(request, operation)
        if not operation.exclusive:
            self._helpers.submit(lambda: self._beside(job))
            return SHARED
        job.request = attrs.evolve(request, answer=lambda found: self._answer_early(job, found))
        with self._guard:
            self._line.append(job)
        self._worker.submit(lambda: self._alone(job))
        return EXCLUSIVE

    def _request(self, window: Window, document: Document) -> Request:
        assert self.office is not None
        return Request(
            op=str(document.get("op")),
            arguments=document.get("arguments") or {},
            user=window.login,
            roles=window.roles,
            pid=window.caller,
            nonce=document["nonce"],
            actor=document.get("actor"),
            client_addr=document.get("client_addr"),
            application_name=document.get("application_name") or "",
            database=self._sessions.database,
            epoch=self.office.epoch,
            is_awaited=self._is_awaited,
        )

    def _refusal(self, request: Request, operation: Operation | None) -> IasqlError | None:
        if operation is None:
            return InvalidArgument(f"the engine knows no operation {request.op}", hint="Its version may be older.")
        if operation.role is not None and request.roles.isdisjoint((operation.role, *operation.also)):
            return PermissionDenied(
                f"{request.user} may not {request.op}: it needs the role {operation.role}",
                hint=f"An administrator can: grant {operation.role} to {request.user};",
            )
        if not operation.exclusive or operation.waits:
            return None
        with self._guard:
            ahead = next((job for job in self._line if job.is_in_the_way), None)
        if ahead is None:
            return None
        return Busy(f"cannot {request.op} now: {ahead}", detail=f"It began at {ahead.since:%Y-%m-%d %H:%M:%S} UTC.")

    # working: in the pools' threads

    def _refuse(self, request: Request, refusal: IasqlError) -> None:
        self._note(request, refusal)
        self._shared.answer(request.nonce, 0, failure(refusal, request.op).text)

    def _alone(self, job: Job) -> None:
        lane = self._exclusive
        with lane.held():
            forsaken = time.monotonic() - job.received > LONG_WAIT and job.request.gone()
            answer = "" if forsaken else self._carry_out(job, lane.standing(), lane)
            with self._guard:
                self._line.remove(job)  # first, or the caller's next request would find it here
            if not forsaken and not job.answered:
                lane.answer(job.request.nonce, job.notices, answer)
        if job.answered:
            self._end_progress(job)

    def _beside(self, job: Job) -> None:
        answer = ""
        with Attempt() as attempt, self._pool.connection() as session, self._lending(session):
            answer = self._carry_out(job, session, self._shared)
        if attempt.error is not None:
            answer = answer or failure(attempt.error, job.request.op).text
        self._shared.answer(job.request.nonce, job.notices, answer)

    @contextmanager
    def _lending(self, session: Session) -> Iterator[None]:
        with self._guard:
            self._lent.add(session)
        try:
            yield
        finally:
            with self._guard:
                self._lent.discard(session)

    def _carry_out(self, job: Job, session: Session, lane: Lane) -> str:
        """The answer of an operation, whatever happens in it."""
        with Attempt() as attempt:
            return rows(job.operation.run(job.request, session, lambda text: self._progress(job, lane, text)))
        assert attempt.error is not None
        if isinstance(attempt.error, REFUSALS):
            self._note(job.request, attempt.error)
        return failure(attempt.error, job.request.op).text

    def _answer_early(self, job: Job, found: Iterable[Row]) -> None:
        """Lets the caller go while the operation goes on; for the operation's own thread."""
        self._exclusive.answer(job.request.nonce, job.notices, rows(found), ends=False)
        job.answered = True

    def _note(self, request: Request, refusal: Exception) -> None:
        """Logs an attempt that was refused, but for the clock's, which come again and again."""
        if request.op == "tick" or not isinstance(refusal, IasqlError):
            return
        with Attempt() as attempt:
            self._shared.execute(
                "select iasql.note_refusal(%s, %s, %s, %s)",
                request.op, refusal.sqlstate, str(refusal), request.actor or request.user,
            )  # fmt: skip
        if attempt.error is not None:
            logger.warning("the refusal of %s could not be logged: %s", request.op, first_line(attempt.error))

    def _progress(self, job: Job, lane: Lane, text: str) -> None:
        """Keeps the notice and wakes the caller; no operation fails because that did, but it ends with its office."""
        if self._closed:
            raise psycopg.OperationalError("the engine has left office")
        job.said, job.notices = text, job.notices + 1
        asked = job.request
        with Attempt() as attempt:
            self._shared.execute(
                "select iasql.note_progress(%s, %s, %s, %s, %s, %s)",
                asked.nonce, job.notices, text, asked.op, asked.user, job.since,
            )  # fmt: skip
            if time.monotonic() - job.woken > WAKE_EVERY:
                job.woken = time.monotonic()
                lane.wake()
        if attempt.error is not None:
            logger.warning("the progress of %s could not be told: %s", asked.op, first_line(attempt.error))

    def _end_progress(self, job: Job) -> None:
        if job.notices:
            self._shared.execute("select iasql.end_progress(%s)", job.request.nonce)

    def _is_awaited(self, nonce: int) -> bool:
        return bool(self._shared.execute("select iasql.is_awaited(%s)", nonce))

    def _tidy(self) -> None:
        """Removes old answers."""
        self._tidied = time.monotonic()
        self._shared.execute("select iasql.forget_replies('1 minute')")

    def _failed(self, error: Exception) -> None:
        """A thread could not even answer: leave office, and begin again."""
        if not self._closed:
            logger.warning("the engine of %s starts again: %s", self._sessions.database, first_line(error))
            self.end()


def _check(session: Session) -> None:
    if not stands(session):
        raise psycopg.OperationalError("the connection was lost")
