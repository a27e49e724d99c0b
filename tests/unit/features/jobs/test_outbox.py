from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Collection, Mapping
from contextlib import asynccontextmanager

from stemset.errors import Unavailable
from stemset.features.jobs.engines.dispatcher import RunRecord, RunState
from stemset.features.jobs.messages import JobPayload
from stemset.features.jobs.outbox import Outbox
from stemset.models.weights.prefetch import WeightsRequest
from tests.support.queue import Queue


class FakeEngine:
    """A Dispatcher in memory. faults: this many calls fail first."""

    repeatable = True

    def __init__(self) -> None:
        self.runs: list[str] = []
        self.changed = asyncio.Event()
        self.withdrawn: list[str] = []
        self.faults = 0

    async def dispatch(self, payload: JobPayload) -> str:
        self._fault()
        self.runs.append(payload.ref)
        self.changed.set()
        return payload.ref

    async def cancel(self, ref: str) -> None:
        self._fault()
        self.withdrawn.append(ref)

    async def prepare(self, request: WeightsRequest) -> None:
        """Not of interest here."""

    async def look_up(self, refs: Collection[str]) -> Mapping[str, RunRecord]:
        return {ref: RunRecord(RunState.WAITING) for ref in refs}

    async def close(self) -> None:
        pass

    def _fault(self) -> None:
        if self.faults:
            self.faults -= 1
            raise Unavailable("The queue is away.")


@asynccontextmanager
async def running(outbox: Outbox) -> AsyncGenerator[None]:
    task = asyncio.create_task(outbox.run())
    yield
    outbox.stop()
    async with asyncio.timeout(10):
        await task


async def until_it_has(engine: FakeEngine, runs: list[str]) -> None:
    async with asyncio.timeout(10):
        while engine.runs != runs:
            engine.changed.clear()
            await engine.changed.wait()


async def test_a_kick_hands_a_new_job_over_at_once(queue: Queue):
    engine = FakeEngine()
    outbox = Outbox(queue.service, engine, interval_s=60)
    async with running(outbox):
        job = await queue.job()
        outbox.kick()
        await until_it_has(engine, [f"{job.id}.1"])


async def test_a_job_is_handed_over_once(queue: Queue):
    engine = FakeEngine()
    outbox = Outbox(queue.service, engine)
    job = await queue.job()
    assert [await outbox.flush(), await outbox.flush()] == [1, 0]
    assert (await queue.service.get_job(job.id)).dispatch_ref == f"{job.id}.1"


async def test_a_job_stored_by_a_process_that_died_is_handed_over_by_the_next(queue: Queue):
    job = await queue.job()
    engine = FakeEngine()
    async with running(Outbox(queue.service, engine)):
        await until_it_has(engine, [f"{job.id}.1"])


async def test_an_engine_that_is_away_only_delays_jobs(queue: Queue):
    jobs = [await queue.job() for _ in range(3)]
    engine = FakeEngine()
    engine.faults = 3
    async with running(Outbox(queue.service, engine, interval_s=0.01)):
        await until_it_has(engine, [f"{job.id}.1" for job in jobs])


async def test_a_cancelled_job_is_withdrawn_if_an_engine_has_it(queue: Queue):
    engine = FakeEngine()
    outbox = Outbox(queue.service, engine)
    early = await queue.job()
    await outbox.withdraw(await queue.service.request_cancel(early.id))
    late = await queue.job()
    await outbox.flush()
    await outbox.withdraw(await queue.service.get_job(late.id))
    assert engine.withdrawn == []
    await outbox.withdraw(await queue.service.request_cancel(late.id))
    assert engine.withdrawn == [f"{late.id}.1"]


async def test_a_cancel_stands_although_the_engine_is_away(queue: Queue):
    engine = FakeEngine()
    outbox = Outbox(queue.service, engine)
    job = await queue.job()
    await outbox.flush()
    engine.faults = 1
    await outbox.withdraw(await queue.service.request_cancel(job.id))
    assert (await queue.service.get_job(job.id)).state == "cancelled"


async def test_more_jobs_than_one_look_takes_are_all_handed_over(queue: Queue):
    count = 120
    recording = await queue.recording()
    jobs = [await queue.job(recording, strategy=f"s{n}") for n in range(count)]
    engine = FakeEngine()
    assert await Outbox(queue.service, engine).flush() == count
    assert engine.runs == [f"{job.id}.1" for job in jobs]
