"""On an engine that makes a run of every hand-over, just one run of each attempt counts."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from stemset.errors import StaleAttempt
from stemset.jobs.claims import LEASE_S
from stemset.jobs.dispatch import Outbox, RunRecord
from stemset.jobs.messages import Event, JobPayload, NodeStarted, Report, Started, Succeeded
from stemset.jobs.records import JobState
from stemset.jobs.service import Applied
from stemset.jobs.tables import JobRow
from stemset.models.preparation import Order
from tests.unit.jobs.conftest import Desk


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

    async def prepare(self, order: Order) -> None:
        raise NotImplementedError

    async def look_up(self, refs: Collection[str]) -> Mapping[str, RunRecord]:
        raise NotImplementedError

    async def close(self) -> None: ...


async def tell(desk: Desk, payload: JobPayload, event: Event) -> Applied:
    report = Report(job_id=payload.job_id, attempt=payload.attempt, nonce=payload.nonce, event=event)
    return await desk.service.apply(report, report.message_id)


async def run_out(desk: Desk) -> None:
    """As if the claims had been made long ago."""
    long_ago = datetime.now(UTC) - timedelta(seconds=2 * LEASE_S)
    async with desk.sessions.begin() as session:
        await session.execute(update(JobRow).values(claimed_at=long_ago))


async def test_many_processes_hand_each_job_over_once(desk: Desk):
    recording = await desk.recording()
    jobs = [await desk.job(recording, strategy=f"s{n}") for n in range(30)]
    engine = Spawner()
    await asyncio.gather(*(Outbox(desk.service, engine).flush() for _ in range(4)))
    assert sorted(payload.job_id for payload in engine.spawned.values()) == sorted(job.id for job in jobs)
    refs = {(await desk.service.get_job(job.id)).dispatch_ref for job in jobs}
    assert refs == set(engine.spawned)


async def test_a_job_whose_process_died_before_spawning_is_spawned_once_by_another(desk: Desk):
    job = await desk.job()
    assert len(await desk.service.claim_jobs()) == 1
    engine = Spawner()
    assert await Outbox(desk.service, engine).flush() == 0
    await run_out(desk)
    assert await Outbox(desk.service, engine).flush() == 1
    assert (await desk.service.get_job(job.id)).dispatch_ref == "fc-1"


async def test_of_two_runs_of_an_attempt_the_later_hand_over_counts(desk: Desk):
    job = await desk.job()
    engine = Spawner()
    [first] = await desk.service.claim_jobs()
    await engine.dispatch(first)  # and here its process died
    await run_out(desk)
    await Outbox(desk.service, engine).flush()
    second = engine.spawned["fc-2"]
    with pytest.raises(StaleAttempt, match="does not count"):
        await tell(desk, first, Started(run="fc-1"))
    await tell(desk, second, Started(run="fc-2"))
    with pytest.raises(StaleAttempt):
        await tell(desk, first, Succeeded(sum_to_mixture_db=None, common_gain=1))
    assert (await desk.service.get_job(job.id)).state is JobState.RUNNING


async def test_a_run_tells_its_name_where_nobody_could_store_it(desk: Desk):
    job = await desk.job()
    [payload] = await desk.service.claim_jobs()
    await tell(desk, payload, Started(run="fc-7"))
    assert (await desk.service.get_job(job.id)).dispatch_ref == "fc-7"
    await run_out(desk)
    assert await desk.service.claim_jobs() == []
    # Its process was only slow.
    assert await desk.service.mark_dispatched(payload, "fc-7")


async def test_a_run_that_comes_too_late_is_ended(desk: Desk):
    job = await desk.job()
    [slow] = await desk.service.claim_jobs()
    await run_out(desk)
    [fast] = await desk.service.claim_jobs()
    assert await desk.service.mark_dispatched(fast, "fc-2")
    assert not await desk.service.mark_dispatched(slow, "fc-1")
    assert (await desk.service.get_job(job.id)).dispatch_ref == "fc-2"


async def test_a_job_that_is_cancelled_while_it_is_handed_over_costs_nothing(desk: Desk):
    job = await desk.job()
    engine = Spawner()

    class Slow(Spawner):
        async def dispatch(self, payload: JobPayload) -> str:
            await desk.service.request_cancel(payload.job_id)
            return await engine.dispatch(payload)

        async def cancel(self, ref: str) -> None:
            await engine.cancel(ref)

    await Outbox(desk.service, Slow()).flush()
    assert (await desk.service.get_job(job.id)).state is JobState.CANCELLED
    assert engine.ended == ["fc-1"]


async def test_a_retry_has_a_nonce_of_its_own(desk: Desk):
    job = await desk.job()
    [payload] = await desk.service.claim_jobs()
    await tell(desk, payload, NodeStarted(node="root"))
    again = await desk.service.requeue(await desk.service.get_job(job.id))
    assert again is not None
    assert again.nonce not in (payload.nonce, job.nonce)
    with pytest.raises(StaleAttempt):
        await tell(desk, payload.model_copy(update={"attempt": 2}), NodeStarted(node="root"))
