from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from stemset.concurrency.batching import Batcher
from stemset.errors import Unavailable


class Store:
    """Counts what it does, and answers each batch only once it is let go."""

    def __init__(self) -> None:
        self.values = {1: "one", 2: "two"}
        self.batches: list[list[int]] = []
        self.let_go = asyncio.Event()

    async def read(self, keys: Sequence[int]) -> list[str | None]:
        self.batches.append(list(keys))
        seen = dict(self.values)
        await self.let_go.wait()
        return [seen.get(key) for key in keys]


async def test_requests_at_once_are_answered_in_one_batch() -> None:
    store = Store()
    store.let_go.set()
    batcher = Batcher(store.read)
    assert await asyncio.gather(*(batcher.ask(key) for key in (1, 2, 1, 3))) == ["one", "two", "one", None]
    assert store.batches == [[1, 2, 1, 3]]


async def test_no_answer_was_read_before_its_request_came() -> None:
    store = Store()
    batcher = Batcher(store.read)
    early = asyncio.create_task(batcher.ask(1))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert store.batches == [[1]]
    store.values[1] = "changed"
    late = asyncio.create_task(batcher.ask(1))
    await asyncio.sleep(0)
    store.let_go.set()
    assert (await early, await late) == ("one", "changed")


async def test_a_caller_that_is_cancelled_takes_no_other_along() -> None:
    store = Store()
    batcher = Batcher(store.read)
    gone, stays = asyncio.create_task(batcher.ask(1)), asyncio.create_task(batcher.ask(1))
    await asyncio.sleep(0)
    gone.cancel()
    store.let_go.set()
    assert await stays == "one"
    assert store.batches == [[1, 1]]


async def test_work_that_fails_fails_for_those_who_waited_for_it_only() -> None:
    failing = True

    async def work(asked: Sequence[int]) -> list[str]:
        if failing:
            raise Unavailable("away")
        return ["back" for _ in asked]

    batcher = Batcher(work)
    with pytest.raises(Unavailable):
        await batcher.ask(1)
    failing = False
    assert await batcher.ask(1) == "back"
