"""On an engine that makes a run of every hand-over, just one run of each attempt counts."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from stemset.database.tables import JobRow
from stemset.errors import StaleAttempt
from stemset.features.jobs.engines.dispatcher import RunRecord
from stemset.features.jobs.messages import Event, JobPayload, NodeStarted, Report, Started, Succeeded
from stemset.features.jobs.outbox import Outbox
from stemset.features.jobs.records import JobState
from stemset.features.jobs.repository import LEASE_S
from stemset.features.jobs.service import Applied
from stemset.models.weights.prefetch import WeightsRequest
from tests.support.queue import Queue


class Spawner:
    """A Dispatcher that makes a run of every hand-over."""

    repeatable = False

    def __init__(self) -> None:
        self.spawned: dict[str, JobPayload] = {}
        self.ended: list[str] = []

    async def dispatch(self, payload: JobPayload) -> str:
        ref = f"fc-{len(self.spawned) + 1}"
        self.spawned[ref] = payload
        # As over a network: others get their turn.
        await asyncio.sleep(0.001)
        return ref

    async def cancel(self, ref: str) -> None:
        self.ended.append(ref)

    async def prepare(self, request: WeightsRequest) -> None:
        raise NotImplementedError

    async def look_up(self, refs: Collection[str]) -> Mapping[str, RunRecord]:
        raise NotImplementedError

    async def close(self) -> None: ...


async def tell(queue: Queue, payload: JobPayload, event: Event) -> Applied:
    report = Report(job_id=payload.job_id, attempt=payload.attempt, nonce=payload.nonce, event=event)
    return await queue.service.apply(report, report.message_id)


async def run_out(queue: Queue) -> None:
    """As if the claims had been made long ago."""
    long_ago = datetime.now(UTC) - timedelta(seconds=2 * LEASE_S)
    async with queue.sessions.begin() as session:
        await session.execute(update(JobRow).values(claimed_at=long_ago))


async def test_many_processes_hand_each_job_over_once(queue: Queue):
    recording = await queue.recording()
    jobs = [await queue.job(recording, strategy=f"s{n}") for n in range(30)]
    engine = Spawner()
    await asyncio.gather(*(Outbox(queue.service, engine).flush() for _ in range(4)))
    assert sorted(payload.job_id for payload in engine.spawned.values()) == sorted(job.id for job in jobs)
    refs = {(await queue.service.get_job(job.id)).dispatch_ref for job in jobs}
    assert refs == set(engine.spawned)


async def test_a_job_whose_process_died_before_spawning_is_spawned_once_by_another(queue: Queue):
    job = await queue.job()
    assert len(await queue.service.claim_jobs()) == 1
    engine = Spawner()
    assert await Outbox(queue.service, engine).flush() == 0
    await run_out(queue)
    assert await Outbox(queue.service, engine).flush() == 1
    assert (await queue.service.get_job(job.id)).dispatch_ref == "fc-1"


async def test_of_two_runs_of_an_attempt_the_later_hand_over_counts(queue: Queue):
    job = await queue.job()
    engine = Spawner()
    [first] = await queue.service.claim_jobs()
    await engine.dispatch(first)  # and here its process died
    await run_out(queue)
    await Outbox(queue.service, engine).flush()
    second = engine.spawned["fc-2"]
    with pytest.raises(StaleAttempt, match="does not count"):
        await tell(queue, first, Started(run="fc-1"))
    await tell(queue, second, Started(run="fc-2"))
    with pytest.raises(StaleAttempt):
        await tell(queue, first, Succeeded(sum_to_mixture_db=None, common_gain=1))
    assert (await queue.service.get_job(job.id)).state is JobState.RUNNING


async def test_a_run_tells_its_name_where_nobody_could_store_it(queue: Queue):
    job = await queue.job()
    [payload] = await queue.service.claim_jobs()
    await tell(queue, payload, Started(run="fc-7"))
    assert (await queue.service.get_job(job.id)).dispatch_ref == "fc-7"
    await run_out(queue)
    assert await queue.service.claim_jobs() == []
    # Its process was only slow.
    assert await queue.service.mark_dispatched(payload, "fc-7")


async def test_a_run_that_comes_too_late_is_ended(queue: Queue):
    job = await queue.job()
    [slow] = await queue.service.claim_jobs()
    await run_out(queue)
    [fast] = await queue.service.claim_jobs()
    assert await queue.service.mark_dispatched(fast, "fc-2")
    assert not await queue.service.mark_dispatched(slow, "fc-1")
    assert (await queue.service.get_job(job.id)).dispatch_ref == "fc-2"


async def test_a_job_that_is_cancelled_while_it_is_handed_over_costs_nothing(queue: Queue):
    job = await queue.job()
    engine = Spawner()

    class Slow(Spawner):
        async def dispatch(self, payload: JobPayload) -> str:
            await queue.service.request_cancel(payload.job_id)
            return await engine.dispatch(payload)

        async def cancel(self, ref: str) -> None:
            await engine.cancel(ref)

    await Outbox(queue.service, Slow()).flush()
    assert (await queue.service.get_job(job.id)).state is JobState.CANCELLED
    assert engine.ended == ["fc-1"]


async def test_a_retry_has_a_nonce_of_its_own(queue: Queue):
    job = await queue.job()
    [payload] = await queue.service.claim_jobs()
    await tell(queue, payload, NodeStarted(node="root"))
    again = await queue.service.requeue(await queue.service.get_job(job.id))
    assert again is not None
    assert again.nonce not in (payload.nonce, job.nonce)
    with pytest.raises(StaleAttempt):
        await tell(queue, payload.model_copy(update={"attempt": 2}), NodeStarted(node="root"))
