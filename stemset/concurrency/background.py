"""A thread that does pieces of work one after the other, while the thread that hands them over goes on."""

from __future__ import annotations

from collections.abc import Callable
from queue import SimpleQueue
from threading import Event, Thread
from types import TracebackType
from typing import Self

from stemset.concurrency.progress import CHECK_INTERVAL_S
from stemset.errors import Cancelled


class BackgroundThread:
    """Does the work that is submitted, in order. Use as a context manager: left with an error, it stops.

    The first error that work raises ends the thread; `submit`, `raise_error` and `wait` raise it in the caller's.
    """

    def __init__(self) -> None:
        self._work: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._stopping = Event()
        self._ended = Event()
        self._error: BaseException | None = None
        self._thread = Thread(target=self._run, name="background", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._work.put(None)
        self._thread.join()

    def submit(self, work: Callable[[], None]) -> None:
        """Queue work and return at once. Raises what earlier work raised."""
        self.raise_error()
        self._work.put(work)

    def raise_error(self) -> None:
        """Raises what work raised; returns where none did."""
        if self._error is not None:
            raise self._error

    def wait(self, meanwhile: Callable[[], None]) -> None:
        """Return once all work is done. meanwhile: called every CHECK_INTERVAL_S until then; it may raise."""
        self._work.put(None)
        while not self._ended.wait(CHECK_INTERVAL_S):
            meanwhile()
        self.raise_error()

    def raise_if_stopping(self) -> None:
        """To be called by the work itself, now and then: raises Cancelled once the context was left."""
        if self._stopping.is_set():
            raise Cancelled

    def _run(self) -> None:
        try:
            while (work := self._work.get()) is not None:
                self.raise_if_stopping()
                work()
        except BaseException as error:  # noqa: BLE001 - it is raised where the work was handed over
            self._error = error
        finally:
            self._ended.set()
