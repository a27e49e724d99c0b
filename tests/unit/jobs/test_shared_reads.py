from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping

import pytest

from stemset.errors import Unavailable
from stemset.jobs.shared_reads import SharedReads


class Store:
    """Counts reads, and answers each only once it is let go."""

    def __init__(self) -> None:
        self.values = {1: "one", 2: "two"}
        self.reads: list[list[int]] = []
        self.let_go = asyncio.Event()

    async def read(self, keys: Collection[int]) -> Mapping[int, str]:
        self.reads.append(sorted(keys))
        seen = dict(self.values)
        await self.let_go.wait()
        return seen


async def test_all_who_ask_at_once_are_answered_by_one_read() -> None:
    store = Store()
    store.let_go.set()
    reads = SharedReads(store.read)
    assert await asyncio.gather(*(reads.get(key) for key in (1, 2, 1, 3))) == ["one", "two", "one", None]
    assert store.reads == [[1, 2, 3]]


async def test_nobody_is_told_what_was_read_before_they_asked() -> None:
    store = Store()
    reads = SharedReads(store.read)
    early = asyncio.create_task(reads.get(1))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert store.reads == [[1]]
    store.values[1] = "changed"
    late = asyncio.create_task(reads.get(1))
    await asyncio.sleep(0)
    store.let_go.set()
    assert (await early, await late) == ("one", "changed")


async def test_one_who_goes_away_takes_nobody_along() -> None:
    store = Store()
    reads = SharedReads(store.read)
    gone, stays = asyncio.create_task(reads.get(1)), asyncio.create_task(reads.get(1))
    await asyncio.sleep(0)
    gone.cancel()
    store.let_go.set()
    assert await stays == "one"


async def test_a_read_that_fails_fails_for_those_who_waited_for_it_only() -> None:
    failing = True

    async def read(keys: Collection[int]) -> Mapping[int, str]:
        if failing:
            raise Unavailable("away")
        return dict.fromkeys(keys, "back")

    reads = SharedReads(read)
    with pytest.raises(Unavailable):
        await reads.get(1)
    failing = False
    assert await reads.get(1) == "back"
