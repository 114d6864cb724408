"""Threads that take work from one queue: one for the exclusive lane, some for the shared one."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

from iasql.server.reply import Attempt

Work = Callable[[], None]


class WorkerPool:
    """Up to `size` daemon threads, started when there is something to do; `failed` hears of work that raised."""

    def __init__(self, name: str, size: int, failed: Callable[[Exception], None]) -> None:
        self._name = name
        self._size = size
        self._failed = failed
        self._queue: queue.SimpleQueue[Work | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._threads = 0
        self._submitted = 0

    def submit(self, work: Work) -> None:
        """Has it done, after what was submitted before."""
        with self._lock:
            self._submitted += 1
            if self._submitted > self._threads and self._threads < self._size:
                self._threads += 1
                threading.Thread(target=self._run, name=f"{self._name}-{self._threads}", daemon=True).start()
        self._queue.put(work)

    @property
    def busy(self) -> bool:
        """Whether anything that was submitted is not done yet."""
        return self._submitted > 0

    def shutdown(self) -> None:
        """Ends the threads once they have done what was submitted."""
        for _ in range(self._size):
            self._queue.put(None)

    def _run(self) -> None:
        while (work := self._queue.get()) is not None:
            with Attempt() as attempt:
                work()
            with self._lock:
                self._submitted -= 1
            if attempt.error is not None:
                self._failed(attempt.error)
