from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from stemset.features.jobs.outbox import Outbox
from stemset.testing import InMemoryDispatcher
from tests.support.queue import Queue
from tests.support.waiting import LIMIT_S


@asynccontextmanager
async def running(outbox: Outbox) -> AsyncGenerator[None]:
    task = asyncio.create_task(outbox.run())
    yield
    outbox.stop()
    async with asyncio.timeout(LIMIT_S):
        await task


async def until_it_has(engine: InMemoryDispatcher, refs: list[str]) -> None:
    async with asyncio.timeout(LIMIT_S):
        while engine.refs != refs:
            engine.dispatched.clear()
            await engine.dispatched.wait()


async def test_a_kick_hands_a_new_job_over_at_once(queue: Queue):
    engine = InMemoryDispatcher()
    outbox = Outbox(queue.repository, engine, interval_s=60)
    async with running(outbox):
        job = await queue.job()
        outbox.kick()
        await until_it_has(engine, [f"{job.id}.1"])


async def test_a_job_is_handed_over_once(queue: Queue):
    engine = InMemoryDispatcher()
    outbox = Outbox(queue.repository, engine)
    job = await queue.job()
    assert [await outbox.flush(), await outbox.flush()] == [1, 0]
    assert (await queue.service.get_job(job.id)).dispatch_ref == f"{job.id}.1"


async def test_a_job_stored_by_a_process_that_died_is_handed_over_by_the_next(queue: Queue):
    job = await queue.job()
    engine = InMemoryDispatcher()
    async with running(Outbox(queue.repository, engine)):
        await until_it_has(engine, [f"{job.id}.1"])


async def test_an_engine_that_is_away_only_delays_jobs(queue: Queue):
    jobs = [await queue.job() for _ in range(3)]
    engine = InMemoryDispatcher()
    engine.failures = 3
    async with running(Outbox(queue.repository, engine, interval_s=0.01)):
        await until_it_has(engine, [f"{job.id}.1" for job in jobs])


async def test_a_cancelled_job_is_withdrawn_if_an_engine_has_it(queue: Queue):
    engine = InMemoryDispatcher()
    outbox = Outbox(queue.repository, engine)
    early = await queue.job()
    await outbox.withdraw(await queue.service.request_cancel(early.id))
    late = await queue.job()
    await outbox.flush()
    await outbox.withdraw(await queue.service.get_job(late.id))
    assert engine.cancelled == []
    await outbox.withdraw(await queue.service.request_cancel(late.id))
    assert engine.cancelled == [f"{late.id}.1"]


async def test_a_cancel_stands_although_the_engine_is_away(queue: Queue):
    engine = InMemoryDispatcher()
    outbox = Outbox(queue.repository, engine)
    job = await queue.job()
    await outbox.flush()
    engine.failures = 1
    await outbox.withdraw(await queue.service.request_cancel(job.id))
    assert (await queue.service.get_job(job.id)).state == "cancelled"


async def test_more_jobs_than_one_look_takes_are_all_handed_over(queue: Queue):
    count = 120
    recording = await queue.recording()
    jobs = [await queue.job(recording, strategy=f"s{n}") for n in range(count)]
    engine = InMemoryDispatcher()
    assert await Outbox(queue.repository, engine).flush() == count
    assert engine.refs == [f"{job.id}.1" for job in jobs]
