"""A value that takes long to build is built once, and a job that waits for it can still be cancelled."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, wait
from threading import Lock, Thread
from typing import Generic, TypeVar

from stemset.concurrency.progress import CHECK_INTERVAL_S, Progress
from stemset.errors import Cancelled

Value = TypeVar("Value")

BUILD_THREAD_NAME = "build"
"""The name of the threads in which values are built."""


class BuildOnce(Generic[Value]):
    """Builds a value in a thread of its own at the first `get`, and keeps it for every later one.

    build: gets a function to call where it may stop: that raises Cancelled once no job waits for the value any more.
    A value that is finished although nobody waits is kept for the next job.
    """

    def __init__(self, build: Callable[[Callable[[], None]], Value]) -> None:
        self._build = build
        self._waiting = 0
        self._future: Future[Value] | None = None
        self._lock = Lock()

    def get(self, progress: Progress) -> Value:
        """The value, or the error that building it raised.

        progress: told 0 every CHECK_INTERVAL_S while the value is being built; what it raises ends the wait.
        """
        with self._lock:
            self._waiting += 1
        try:
            while True:
                future = self._started_future()
                while not wait([future], CHECK_INTERVAL_S).done:
                    progress(0.0)
                if not isinstance(future.exception(), Cancelled):
                    return future.result()
                # The build was just given up, as nobody waited, when this call came.
        finally:
            with self._lock:
                self._waiting -= 1

    def _started_future(self) -> Future[Value]:
        """The future of the build that runs or has succeeded; after one that failed, of a new build."""
        with self._lock:
            future = self._future
            if future is None or (future.done() and future.exception()):
                self._future = future = Future[Value]()
                Thread(target=self._run, args=(future,), name=BUILD_THREAD_NAME, daemon=True).start()
            return future

    def _run(self, future: Future[Value]) -> None:
        try:
            value = self._build(self._raise_if_unwanted)
        except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
            future.set_exception(error)
        else:
            future.set_result(value)

    def _raise_if_unwanted(self) -> None:
        if not self._waiting:
            raise Cancelled
