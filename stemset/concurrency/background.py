"""Work that goes on beside something else, in order, in one thread of its own."""

from __future__ import annotations

from collections.abc import Callable
from queue import SimpleQueue
from threading import Event, Thread
from types import TracebackType
from typing import Self

from stemset.errors import Cancelled

_LOOK_S = 0.1


class Beside:
    """Does what it is handed, one after the other. Use as a context manager: left with an error, it stops.

    What work raises ends all of it, and is raised where work is handed over, looked after or awaited.
    """

    def __init__(self) -> None:
        self._work: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._stopping = Event()
        self._ended = Event()
        self._error: BaseException | None = None
        self._thread = Thread(target=self._run, name="beside", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._work.put(None)
        self._thread.join()

    def do(self, work: Callable[[], None]) -> None:
        """Hand work over. Raises what earlier work raised."""
        self.look()
        self._work.put(work)

    def look(self) -> None:
        """Raises what work raised."""
        if self._error is not None:
            raise self._error

    def finish(self, meanwhile: Callable[[], None]) -> None:
        """Return once everything is done. meanwhile: called now and then until then; it may raise."""
        self._work.put(None)
        while not self._ended.wait(_LOOK_S):
            meanwhile()
        self.look()

    def check(self) -> None:
        """For the work itself, now and then: raises Cancelled once nobody wants it any more."""
        if self._stopping.is_set():
            raise Cancelled

    def _run(self) -> None:
        try:
            while (work := self._work.get()) is not None:
                self.check()
                work()
        except BaseException as error:  # noqa: BLE001 - it is raised where the work was handed over
            self._error = error
        finally:
            self._ended.set()
