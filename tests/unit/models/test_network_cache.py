"""NetworkCache that are kept in memory, with small stand-ins for them."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from stemset.concurrency.progress import ignore_progress
from stemset.errors import ModelFailed
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
