"""NetworkCache that are kept in memory, with small stand-ins for them."""

from __future__ import annotations

import gc
import os
import time
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Barrier, Event

import pytest

from stemset.concurrency.progress import ignore_progress
from stemset.errors import Cancelled, ModelFailed
from stemset.models.network_cache import MakeRoom, NetworkCache


class Weights:
    """A network that is nothing but its size."""

    def __init__(self) -> None:
        self.released = False

    def release(self) -> None:
        self.released = True


Load = Callable[[Callable[[], None], MakeRoom], Weights]


def of(size: int, made: list[Weights] | None = None) -> Load:
    def load(_check: Callable[[], None], make_room: MakeRoom) -> Weights:
        make_room(size)
        weights = Weights()
        if made is not None:
            made.append(weights)
        return weights

    return load


def use(networks: NetworkCache, name: str, load: Load) -> None:
    with networks.borrow(name, load, ignore_progress):
        assert name in networks.names


def test_a_network_is_loaded_once() -> None:
    networks, made = NetworkCache(100), list[Weights]()
    for _ in range(3):
        use(networks, "a", of(10, made))
    assert len(made) == 1


def test_jobs_at_the_same_time_load_it_once() -> None:
    networks, made = NetworkCache(100), list[Weights]()
    with ThreadPoolExecutor(8) as threads:
        started = [threads.submit(use, networks, "a", of(10, made)) for _ in range(40)]
        for job in started:
            job.result()
    assert len(made) == 1


def test_the_least_recently_used_goes_first_and_leaves_the_memory() -> None:
    networks, made = NetworkCache(30), list[Weights]()
    for name in ("a", "b", "c", "a"):
        use(networks, name, of(10, made))
    assert networks.names == ("b", "c", "a")
    second = weakref.ref(made.pop(1))
    use(networks, "d", of(10))
    assert networks.names == ("c", "a", "d")
    gc.collect()
    assert second() is None


def test_room_is_made_before_the_next_is_loaded() -> None:
    networks, made = NetworkCache(30), list[Weights]()
    use(networks, "a", of(20, made))

    def load(check: Callable[[], None], make_room: MakeRoom) -> Weights:
        weights = of(20)(check, make_room)
        assert made[0].released
        return weights

    use(networks, "b", load)
    assert networks.names == ("b",)


def test_a_network_in_use_stays_though_the_budget_is_exceeded() -> None:
    networks = NetworkCache(15)
    with ExitStack() as jobs:
        for name in ("a", "b"):
            jobs.enter_context(networks.borrow(name, of(10), ignore_progress))
        assert set(networks.names) == {"a", "b"}
    assert len(networks.names) == 1


def test_a_network_larger_than_the_budget_is_kept_only_while_it_is_used() -> None:
    networks = NetworkCache(5)
    use(networks, "a", of(10))
    assert networks.names == ()


def test_what_failed_is_loaded_anew() -> None:
    networks, made = NetworkCache(100), list[Weights]()
    with pytest.raises(ModelFailed), networks.borrow("a", of(10, made), ignore_progress):
        raise ModelFailed("no")
    use(networks, "a", of(10, made))
    assert len(made) == 2


def test_a_network_that_could_not_be_loaded_takes_no_memory() -> None:
    networks = NetworkCache(100)

    def fail(_check: Callable[[], None], make_room: MakeRoom) -> Weights:
        make_room(10)
        raise ModelFailed("damaged")

    with pytest.raises(ModelFailed), networks.borrow("a", fail, ignore_progress):
        pass
    assert networks.names == ()
    use(networks, "a", of(10))


def test_a_budget_is_kept_to_the_byte() -> None:
    networks = NetworkCache(30)
    for name in ("a", "b", "c"):
        use(networks, name, of(10))
    assert networks.names == ("a", "b", "c")
    use(networks, "d", of(1))
    assert networks.names == ("b", "c", "d")


def test_as_many_go_as_are_needed_for_a_large_one_and_each_is_told() -> None:
    networks, made = NetworkCache(30), list[Weights]()
    for name in ("a", "b", "c"):
        use(networks, name, of(10, made))
    use(networks, "large", of(15))
    assert networks.names == ("c", "large")
    assert [weights.released for weights in made] == [True, True, False]


def test_different_networks_are_loaded_at_the_same_time() -> None:
    networks, both = NetworkCache(100), Barrier(2)

    def load(_check: Callable[[], None], make_room: MakeRoom) -> Weights:
        make_room(10)
        # Each waits until the other is being loaded, too.
        both.wait(timeout=10)
        return Weights()

    with ThreadPoolExecutor(2) as threads:
        for job in [threads.submit(use, networks, name, load) for name in ("a", "b")]:
            job.result()
    assert set(networks.names) == {"a", "b"}


def test_a_failed_load_is_the_failure_of_all_who_waited_for_it() -> None:
    networks, tries = NetworkCache(100), list[int]()
    waiting = [Event() for _ in range(3)]

    def fail(_check: Callable[[], None], _make_room: MakeRoom) -> Weights:
        tries.append(1)
        assert all(one.wait(timeout=10) for one in waiting)
        raise ModelFailed("damaged")

    def job(waits: Event) -> str:
        # Who waits is told progress.
        with pytest.raises(ModelFailed) as raised, networks.borrow("a", fail, lambda _fraction: waits.set()):
            pass
        return str(raised.value)

    with ThreadPoolExecutor(3) as threads:
        assert [*threads.map(job, waiting)] == ["damaged"] * 3
    assert len(tries) == 1


def test_an_error_that_is_no_models_leaves_the_network_in_memory() -> None:
    networks, made = NetworkCache(100), list[Weights]()
    with pytest.raises(Cancelled), networks.borrow("a", of(10, made), ignore_progress):
        raise Cancelled
    use(networks, "a", of(10, made))
    assert len(made) == 1


def test_who_waits_for_a_network_can_be_cancelled_and_it_stops_loading() -> None:
    networks, stopped = NetworkCache(100), Event()

    def load(raise_if_unwanted: Callable[[], None], make_room: MakeRoom) -> Weights:
        if stopped.is_set():
            return of(10)(raise_if_unwanted, make_room)
        try:
            while True:
                raise_if_unwanted()
                time.sleep(0.01)
        finally:
            stopped.set()

    def cancel(_fraction: float) -> None:
        raise Cancelled

    with pytest.raises(Cancelled), networks.borrow("a", load, cancel):
        pass
    assert stopped.wait(timeout=10)
    assert networks.names == ()
    use(networks, "a", load)


def test_without_a_budget_it_is_half_of_the_memory_of_this_machine() -> None:
    networks, whole = NetworkCache(), os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    use(networks, "small", of(1))
    assert networks.names == ("small",)
    use(networks, "beyond", of(whole // 2 + 1))
    assert networks.names == ()
