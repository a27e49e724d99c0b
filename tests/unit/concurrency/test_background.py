"""Work that goes on in a thread of its own."""

from __future__ import annotations

import threading
import time

import pytest

from stemset.concurrency.background import BackgroundThread
from stemset.errors import Cancelled
from tests.support.waiting import LIMIT_S


def nothing() -> None:
    """Meanwhile, nothing happens."""


def test_work_is_done_in_order_in_another_thread() -> None:
    done: list[int] = []
    threads: set[int] = set()
    with BackgroundThread() as thread:
        for number in range(20):

            def work(number: int = number) -> None:
                threads.add(threading.get_ident())
                done.append(number)

            thread.submit(work)
        thread.wait(nothing)
    assert done == list(range(20))
    assert len(threads) == 1
    assert threading.get_ident() not in threads


def test_what_work_raises_ends_it_and_is_raised_where_it_is_looked_after() -> None:
    done: list[str] = []

    def fail() -> None:
        raise OSError("No space left")

    with BackgroundThread() as thread:
        thread.submit(fail)
        thread.submit(lambda: done.append("later"))
        with pytest.raises(OSError, match="No space"):
            thread.wait(nothing)
        with pytest.raises(OSError, match="No space"):
            thread.raise_error()
    assert done == []


def test_left_with_an_error_it_stops_in_the_middle() -> None:
    begun = threading.Event()

    def leave() -> None:
        with BackgroundThread() as thread:

            def endless() -> None:
                begun.set()
                while True:
                    thread.raise_if_stopping()
                    time.sleep(0.01)

            thread.submit(endless)
            assert begun.wait(LIMIT_S)
            raise Cancelled

    with pytest.raises(Cancelled):
        leave()  # and not wait for the end of what has none


def test_who_waits_hears_of_a_cancel() -> None:
    release = threading.Event()

    def cancel() -> None:
        release.set()
        raise Cancelled

    def wait() -> None:
        with BackgroundThread() as thread:

            def hold() -> None:
                assert release.wait(LIMIT_S)

            thread.submit(hold)
            thread.wait(cancel)

    with pytest.raises(Cancelled):
        wait()
