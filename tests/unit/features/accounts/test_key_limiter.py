"""Ten wrong keys a minute are let through, for each sender by itself."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from stemset.database.tables import WrongKeyRow
from stemset.errors import TooManyTries
from stemset.features.accounts.key_limiter import MAX_WRONG_KEYS, WrongKeyLimiter
from tests.support.queue import Queue


@pytest.fixture
def limiter(queue: Queue) -> WrongKeyLimiter:
    return WrongKeyLimiter(queue.sessions)


async def add_wrong_keys(queue: Queue, sender: str, count: int, age_s: float) -> None:
    at = datetime.now(UTC) - timedelta(seconds=age_s)
    async with queue.sessions.begin() as session:
        session.add_all(WrongKeyRow(sender=sender, at=at) for _ in range(count))


async def count_rows(queue: Queue) -> int:
    async with queue.sessions() as session:
        return await session.scalar(select(func.count()).select_from(WrongKeyRow)) or 0


async def test_the_tenth_wrong_key_is_answered_and_the_eleventh_has_to_wait(limiter: WrongKeyLimiter):
    for _ in range(MAX_WRONG_KEYS):
        await limiter.check_sender("a")
        await limiter.count_wrong_key("a")
    with pytest.raises(TooManyTries):
        await limiter.check_sender("a")
    await limiter.check_sender("b")


async def test_the_wait_ends_when_the_oldest_wrong_key_is_a_minute_old(queue: Queue, limiter: WrongKeyLimiter):
    await add_wrong_keys(queue, "a", 1, age_s=50)
    await add_wrong_keys(queue, "a", MAX_WRONG_KEYS - 1, age_s=5)
    with pytest.raises(TooManyTries, match="too many wrong keys") as refused:
        await limiter.check_sender("a")
    assert 5 < refused.value.wait_s <= 10


async def test_wrong_keys_count_for_a_minute(queue: Queue, limiter: WrongKeyLimiter):
    await add_wrong_keys(queue, "a", MAX_WRONG_KEYS, age_s=61)
    await limiter.check_sender("a")
    await limiter.count_wrong_key("b")
    assert await count_rows(queue) == 1


async def test_wrong_keys_that_are_counted_at_once_all_count(queue: Queue, limiter: WrongKeyLimiter):
    another = WrongKeyLimiter(queue.sessions)
    await asyncio.gather(*(each.count_wrong_key("a") for each in [limiter, another] * (MAX_WRONG_KEYS // 2)))
    assert await count_rows(queue) == MAX_WRONG_KEYS
    for each in (limiter, another):
        with pytest.raises(TooManyTries):
            await each.check_sender("a")
