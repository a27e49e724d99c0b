from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.exc import OperationalError
from typing_extensions import override

from stemset.database.sessions import Sessions
from stemset.database.tables import JobRow
from stemset.errors import Unavailable
from stemset.features.jobs.messages import JobPayload
from stemset.features.jobs.outbox import LEASE_S, Outbox
from stemset.features.jobs.repository import JobRepository
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


@pytest.mark.parametrize("repeatable", [True, False])
async def test_an_engine_that_fails_between_two_jobs_gets_the_rest_later(queue: Queue, repeatable: bool):
    jobs = [await queue.job() for _ in range(3)]
    engine = FailsOnce(at=2, repeatable=repeatable)
    outbox = Outbox(queue.repository, engine)
    with pytest.raises(Unavailable):
        await outbox.flush()
    assert [payload.job_id for payload in engine.payloads] == [jobs[0].id]
    # On an engine that isn't repeatable the failed ones stay claimed until their lease is over.
    await expire_claims(queue)
    assert await outbox.flush() == 2
    assert [payload.job_id for payload in engine.payloads] == [job.id for job in jobs]
    assert [(await queue.service.get_job(job.id)).dispatch_ref for job in jobs] == engine.refs


async def test_a_process_that_dies_after_the_hand_over_makes_no_second_run_on_a_repeatable_engine(queue: Queue):
    job = await queue.job()
    engine = InMemoryDispatcher()
    [payload] = await queue.repository.undispatched_jobs(limit=1)
    await engine.dispatch(payload)  # and here the process dies
    await Outbox(queue.repository, engine).flush()
    assert set(engine.refs) == {f"{job.id}.1"}
    assert engine.cancelled == []


async def test_a_database_that_is_away_only_delays_jobs(queue: Queue):
    job = await queue.job()
    repository = AwayAtFirst(queue.sessions, times=3)
    engine = InMemoryDispatcher()
    async with running(Outbox(repository, engine, interval_s=0.01)):
        await until_it_has(engine, [f"{job.id}.1"])
    assert repository.times == 0


async def test_what_is_in_hand_is_handed_over_before_it_stops(queue: Queue):
    jobs = [await queue.job() for _ in range(3)]
    engine = InMemoryDispatcher(delay_s=0.01)
    outbox = Outbox(queue.repository, engine, interval_s=LIMIT_S)
    task = asyncio.create_task(outbox.run())
    async with asyncio.timeout(LIMIT_S):
        await engine.dispatched.wait()
        outbox.stop()
        await task
    assert engine.refs == [f"{job.id}.1" for job in jobs]


async def test_only_a_run_that_an_engine_has_can_be_ended(queue: Queue):
    engine = InMemoryDispatcher()
    outbox = Outbox(queue.repository, engine)
    job = await queue.job()
    await outbox.end_run(job)
    assert engine.cancelled == []
    await outbox.flush()
    handed_over = await queue.service.get_job(job.id)
    engine.failures = 1
    await outbox.end_run(handed_over)
    assert engine.cancelled == []
    await outbox.end_run(handed_over)
    assert engine.cancelled == [f"{job.id}.1"]


async def expire_claims(queue: Queue) -> None:
    async with queue.sessions.write() as session:
        long_ago = datetime.now(UTC) - timedelta(seconds=2 * LEASE_S)
        await session.execute(update(JobRow).values(claimed_at=long_ago))


class FailsOnce(InMemoryDispatcher):
    """An engine that is away for one hand-over. at: which, from 1."""

    def __init__(self, *, at: int, repeatable: bool) -> None:
        super().__init__(repeatable=repeatable)
        self._left = at

    @override
    async def dispatch(self, payload: JobPayload) -> str:
        self._left -= 1
        if self._left == 0:
            raise Unavailable("The engine is away.")
        return await super().dispatch(payload)


class AwayAtFirst(JobRepository):
    """A repository whose database can't be reached so many times."""

    def __init__(self, sessions: Sessions, *, times: int) -> None:
        super().__init__(sessions)
        self.times = times

    @override
    async def undispatched_jobs(self, *, limit: int = 100) -> list[JobPayload]:
        if self.times:
            self.times -= 1
            raise OperationalError("SELECT", {}, Exception("no connection"))
        return await super().undispatched_jobs(limit=limit)
