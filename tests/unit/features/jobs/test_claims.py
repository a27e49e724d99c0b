"""On an engine that makes a run of every hand-over, just one run of each attempt counts."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from stemset.database.tables import JobRow
from stemset.errors import StaleAttempt
from stemset.features.jobs.messages import Event, JobPayload, NodeStarted, Report, Started, Succeeded
from stemset.features.jobs.outbox import LEASE_S, Outbox
from stemset.features.jobs.records import JobState
from stemset.features.jobs.service import Applied
from stemset.testing import InMemoryDispatcher
from tests.support.queue import Queue


def spawner() -> InMemoryDispatcher:
    """As Modal does, it makes a run of every hand-over; and that takes a moment, in which others get their turn."""
    return InMemoryDispatcher(repeatable=False, delay_s=0.001)


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
    engine = spawner()
    await asyncio.gather(*(Outbox(queue.repository, engine).flush() for _ in range(4)))
    assert sorted(payload.job_id for payload in engine.payloads) == sorted(job.id for job in jobs)
    refs = {(await queue.service.get_job(job.id)).dispatch_ref for job in jobs}
    assert refs == set(engine.refs)


async def test_a_job_whose_process_died_before_spawning_is_spawned_once_by_another(queue: Queue):
    job = await queue.job()
    assert len(await queue.claim_jobs()) == 1
    engine = spawner()
    assert await Outbox(queue.repository, engine).flush() == 0
    await run_out(queue)
    assert await Outbox(queue.repository, engine).flush() == 1
    assert [(await queue.service.get_job(job.id)).dispatch_ref] == engine.refs


async def test_of_two_runs_of_an_attempt_the_later_hand_over_counts(queue: Queue):
    job = await queue.job()
    engine = spawner()
    [first] = await queue.claim_jobs()
    await engine.dispatch(first)  # and here its process died
    await run_out(queue)
    await Outbox(queue.repository, engine).flush()
    _, second = engine.payloads
    first_run, second_run = engine.refs
    assert first_run != second_run
    with pytest.raises(StaleAttempt, match="does not count"):
        await tell(queue, first, Started(run=first_run))
    await tell(queue, second, Started(run=second_run))
    with pytest.raises(StaleAttempt):
        await tell(queue, first, Succeeded(sum_to_mixture_db=None, common_gain=1))
    assert (await queue.service.get_job(job.id)).state is JobState.RUNNING


async def test_a_run_tells_its_name_where_nobody_could_store_it(queue: Queue):
    job = await queue.job()
    [payload] = await queue.claim_jobs()
    await tell(queue, payload, Started(run="fc-7"))
    assert (await queue.service.get_job(job.id)).dispatch_ref == "fc-7"
    await run_out(queue)
    assert await queue.claim_jobs() == []
    # Its process was only slow.
    assert await queue.repository.mark_dispatched(payload, "fc-7")


async def test_a_run_that_comes_too_late_is_ended(queue: Queue):
    job = await queue.job()
    [slow] = await queue.claim_jobs()
    await run_out(queue)
    [fast] = await queue.claim_jobs()
    assert await queue.repository.mark_dispatched(fast, "fc-2")
    assert not await queue.repository.mark_dispatched(slow, "fc-1")
    assert (await queue.service.get_job(job.id)).dispatch_ref == "fc-2"


async def test_a_job_that_is_cancelled_while_it_is_handed_over_costs_nothing(queue: Queue):
    job = await queue.job()

    class Slow(InMemoryDispatcher):
        async def dispatch(self, payload: JobPayload) -> str:
            await queue.service.request_cancel(payload.job_id)
            return await super().dispatch(payload)

    engine = Slow(repeatable=False)
    await Outbox(queue.repository, engine).flush()
    assert (await queue.service.get_job(job.id)).state is JobState.CANCELLED
    assert len(engine.refs) == 1
    assert engine.cancelled == engine.refs


async def test_a_retry_has_a_nonce_of_its_own(queue: Queue):
    job = await queue.job()
    [payload] = await queue.claim_jobs()
    await tell(queue, payload, NodeStarted(node="root"))
    again = await queue.service.requeue(await queue.service.get_job(job.id))
    assert again is not None
    assert again.nonce not in (payload.nonce, job.nonce)
    with pytest.raises(StaleAttempt):
        await tell(queue, payload.model_copy(update={"attempt": 2}), NodeStarted(node="root"))
