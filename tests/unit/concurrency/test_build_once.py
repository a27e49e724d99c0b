from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event, get_ident

import pytest

from stemset.concurrency.build_once import BuildOnce
from stemset.concurrency.progress import ignore_progress
from stemset.errors import Cancelled, ModelFailed
from tests.support.waiting import LIMIT_S


def cancel(_fraction: float) -> None:
    raise Cancelled


def test_it_is_made_once_for_all_who_want_it() -> None:
    made: list[int] = []
    ready = Event()

    def build(_check: object) -> list[int]:
        assert ready.wait(LIMIT_S)
        made.append(get_ident())
        return made

    value = BuildOnce(build)
    with ThreadPoolExecutor(3) as threads:
        waiting = [threads.submit(value.get, ignore_progress) for _ in range(3)]
        ready.set()
        assert all(one.result(LIMIT_S) is made for one in waiting)
    assert value.get(cancel) is made
    assert len(made) == 1


def test_a_job_that_is_cancelled_does_not_wait_and_the_next_finds_it_made() -> None:
    ready = Event()
    starts: list[int] = []

    def build(_check: object) -> str:
        starts.append(1)
        assert ready.wait(LIMIT_S)
        return "made"

    value = BuildOnce(build)
    with pytest.raises(Cancelled):
        value.get(cancel)
    ready.set()
    assert value.get(ignore_progress) == "made"
    assert len(starts) == 1


def test_it_is_given_up_where_it_may_once_nobody_waits_and_begun_anew_for_the_next() -> None:
    given_up = Event()

    def build(check: Callable[[], None]) -> str:
        if given_up.is_set():
            return "made"
        try:
            while not given_up.wait(0.01):
                check()
        except Cancelled:
            given_up.set()
            raise
        raise AssertionError

    value = BuildOnce(build)
    with pytest.raises(Cancelled):
        value.get(cancel)
    assert given_up.wait(LIMIT_S)
    assert value.get(ignore_progress) == "made"


def test_a_failure_is_told_and_tried_anew_by_the_next() -> None:
    faults = iter([ModelFailed("no weights")])

    def build(_check: object) -> str:
        if fault := next(faults, None):
            raise fault
        return "made"

    value = BuildOnce(build)
    with pytest.raises(ModelFailed, match="no weights"):
        value.get(ignore_progress)
    assert value.get(ignore_progress) == "made"
