"""What takes long to make, made once, without holding up a job that is cancelled meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, wait
from threading import Lock, Thread
from typing import Generic, TypeVar

from stemset.concurrency.progress import LOOK_S, Progress
from stemset.errors import Cancelled

Made = TypeVar("Made")


LOADING = "loading"
"""The name of the threads in which something is made."""


class Shared(Generic[Made]):
    """Made in a thread of its own at the first `get`, for all jobs that want it, and kept.

    make: gets a function that it calls where it may stop: it raises Cancelled once no job waits any more. What is
    made although nobody waits is there for the next job.
    """

    def __init__(self, make: Callable[[Callable[[], None]], Made]) -> None:
        self._make = make
        self._waiting = 0
        self._future: Future[Made] | None = None
        self._lock = Lock()

    def get(self, progress: Progress) -> Made:
        """It, or what making it raised. Tells progress the same fraction meanwhile, so that it can raise."""
        with self._lock:
            self._waiting += 1
        try:
            while True:
                future = self._started()
                while not wait([future], LOOK_S).done:
                    progress(0.0)
                if not isinstance(future.exception(), Cancelled):
                    return future.result()
                # It was just being given up, as nobody waited, when we came.
        finally:
            with self._lock:
                self._waiting -= 1

    def forget(self) -> None:
        """The next `get` makes it anew."""
        with self._lock:
            self._future = None

    def _started(self) -> Future[Made]:
        with self._lock:
            future = self._future
            if future is None or (future.done() and future.exception()):
                self._future = future = Future[Made]()
                Thread(target=self._run, args=(future,), name=LOADING, daemon=True).start()
            return future

    def _run(self, future: Future[Made]) -> None:
        try:
            made = self._make(self._check)
        except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
            future.set_exception(error)
        else:
            future.set_result(made)

    def _check(self) -> None:
        if not self._waiting:
            raise Cancelled
