from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Literal

import pytest

from stemset.errors import StaleAttempt
from stemset.features.jobs.engines.dispatcher import RunRecord, RunState
from stemset.features.jobs.messages import NodeDone, Started
from stemset.features.jobs.outbox import Outbox
from stemset.features.jobs.reconciler import Reconciler, ReconcileTimings
from stemset.features.jobs.records import JobRecord, JobState, NodeState
from stemset.manifest import ErrorRecord, Manifest
from stemset.storage import Keys
from stemset.testing import InMemoryDispatcher, MemoryStorage
from tests.support.queue import STEMS, TREE, Queue, track
from tests.support.waiting import LIMIT_S

AT_ONCE = ReconcileTimings(interval_s=0.01, silence_s=0, requeues=3)


class World:
    """A service, an engine and a storage, and the reconciler between them."""

    def __init__(self, queue: Queue, timings: ReconcileTimings = AT_ONCE) -> None:
        self.queue = queue
        self.engine = InMemoryDispatcher()
        self.storage = MemoryStorage()
        self.outbox = Outbox(queue.repository, self.engine)
        self.changed: list[object] = []
        self.reconciler = Reconciler(
            queue.service, self.engine, self.outbox, self.storage, self.changed.append, timings=timings
        )

    async def running(self) -> JobRecord:
        """A job that a worker has begun, and of which the engine knows nothing better."""
        job = await self.queue.job()
        await self.outbox.flush()
        self.engine.known[f"{job.id}.1"] = RunRecord(RunState.RUNNING)
        return (await self.queue.tell(job, Started())).job

    async def settled(self, job: JobRecord) -> JobRecord:
        assert await self.reconciler.reconcile() == 1
        assert self.changed[-1] == job.id
        return await self.queue.service.get_job(job.id)

    def patient(self, timings: ReconcileTimings) -> Reconciler:
        """Another process that reconciles the same jobs."""
        return Reconciler(self.queue.service, self.engine, self.outbox, self.storage, timings=timings)

    def manifest(self, job: JobRecord, state: Literal["succeeded", "failed"], error: ErrorRecord | None) -> Manifest:
        now = datetime.now(UTC)
        return Manifest(
            stemset_version="1", versions={}, device="cpu", strategy=job.strategy, tree=TREE, started_at=now,
            finished_at=now, state=state, input=None, nodes=(), mixture=None, stems=(), sum_to_mixture_db=-97,
            common_gain=0.5, error=error,
        )  # fmt: skip

    def leave_manifest(self, job: JobRecord, state: Literal["succeeded", "failed"], error: ErrorRecord | None) -> None:
        manifest = self.manifest(job, state, error)
        self.storage.put_bytes(Keys.manifest(job.id), manifest.model_dump_json().encode(), "application/json")


@pytest.fixture
def world(queue: Queue) -> World:
    return World(queue)


async def test_a_job_whose_worker_went_silent_is_queued_again_and_that_worker_is_refused(world: World):
    job = await world.running()
    await world.queue.tell(job, NodeDone(node="root", seconds=1))
    again = await world.settled(job)
    assert (again.state, again.attempt, again.requeues) == (JobState.QUEUED, 2, 1)
    assert [node.state for node in again.status.nodes] == [NodeState.DONE, NodeState.WAITING]
    assert world.engine.cancelled == [f"{job.id}.1"]
    with pytest.raises(StaleAttempt):
        await world.queue.tell(job, NodeDone(node="root/not_drums", seconds=1), attempt=1)
    await world.outbox.flush()
    assert await world.reconciler.reconcile() == 0
    assert await world.queue.story(job) == ["created", "started", "node_done", "requeued"]


async def test_a_job_of_which_something_was_heard_is_left_alone(queue: Queue):
    world = World(queue, ReconcileTimings(silence_s=30))
    await world.running()
    assert await world.reconciler.reconcile() == 0


async def test_a_repeated_report_is_a_sign_of_life(world: World):
    job = await world.running()
    before = datetime.now(UTC)
    assert await world.queue.service.unheard_jobs(before)
    assert (await world.queue.tell(job, Started())).event is None
    assert not await world.queue.service.unheard_jobs(before)


async def test_a_job_that_waits_in_the_engine_waits_as_long_as_it_takes(world: World):
    job = await world.queue.job()
    await world.outbox.flush()
    assert await world.reconciler.reconcile() == 0
    world.engine.known.clear()
    assert (await world.settled(job)).attempt == 2


async def test_a_job_that_waited_for_long_and_was_taken_just_now_is_left_alone(world: World):
    job = await world.queue.job()
    await world.outbox.flush()
    soon = datetime.now(UTC) + timedelta(seconds=60)
    world.engine.known[f"{job.id}.1"] = RunRecord(RunState.RUNNING, since=soon)
    assert await world.reconciler.reconcile() == 0


async def test_a_success_that_was_stored_but_not_heard_counts(world: World):
    job = await world.running()
    for name in ("mixture", *STEMS):
        await world.queue.tell(job, track(name))
    world.leave_manifest(job, "succeeded", None)
    done = await world.settled(job)
    assert (done.state, done.status.sum_to_mixture_db, done.status.common_gain) == (JobState.SUCCEEDED, -97, 0.5)
    assert await world.reconciler.reconcile() == 0


async def test_a_failure_that_was_stored_but_not_heard_counts(world: World):
    job = await world.running()
    world.leave_manifest(job, "failed", ErrorRecord(kind="model", message="It broke.", node="root"))
    failed = await world.settled(job)
    assert failed.status.failure is not None
    assert (failed.state, failed.status.failure.kind, failed.status.failure.node) == (JobState.FAILED, "model", "root")


async def test_the_record_of_a_former_attempt_is_no_record_of_this_one(world: World):
    job = await world.running()
    world.leave_manifest(job, "failed", ErrorRecord(kind="model", message="It broke."))
    await world.settled(job)
    await world.queue.service.retry(job.id)
    await world.outbox.flush()
    world.engine.known[f"{job.id}.2"] = RunRecord(RunState.RUNNING)
    await world.queue.tell(job, Started(), attempt=2)
    assert (await world.settled(job)).state is JobState.QUEUED


async def test_after_three_more_workers_a_job_has_failed_and_says_why(world: World):
    job = await world.running()
    for attempt in (2, 3, 4):
        assert (await world.settled(job)).attempt == attempt
        await world.outbox.flush()
        world.engine.known[f"{job.id}.{attempt}"] = RunRecord(RunState.ENDED, "MemoryError")
    failed = await world.settled(job)
    assert failed.status.failure is not None
    assert (failed.state, failed.status.failure.kind) == (JobState.FAILED, "worker-lost")
    assert failed.status.failure.message == (
        "4 workers, one after another, were lost over this job. The last one said: MemoryError"
    )
    assert (await world.queue.service.retry(job.id)).requeues == 0


@pytest.mark.parametrize(
    ("record", "kind", "words"),
    [
        (RunRecord(RunState.BROKE_DOWN), "worker-lost", "again and again"),
        (RunRecord(RunState.REFUSED, "Version 2."), "unknown-payload", "Version 2."),
        (RunRecord(RunState.RAISED, "It is no song.", kind="unreadable-audio"), "unreadable-audio", "no song"),
        (RunRecord(RunState.TIMED_OUT), "deadline-passed", "longer than"),
    ],
)
async def test_what_another_attempt_would_not_mend_fails_at_once(
    world: World, record: RunRecord, kind: str, words: str
):
    job = await world.running()
    world.engine.known[f"{job.id}.1"] = record
    failed = await world.settled(job)
    assert failed.status.failure is not None
    assert failed.status.failure.kind == kind
    assert words in failed.status.failure.message


async def test_what_a_run_returned_counts_where_storage_has_nothing(world: World):
    job = await world.running()
    for name in ("mixture", *STEMS):
        await world.queue.tell(job, track(name))
    world.engine.known[f"{job.id}.1"] = RunRecord(RunState.ENDED, manifest=world.manifest(job, "succeeded", None))
    assert (await world.settled(job)).state is JobState.SUCCEEDED


async def test_a_failure_that_a_run_returned_counts(world: World):
    job = await world.running()
    error = ErrorRecord(kind="model", message="It broke.", node="root")
    world.engine.known[f"{job.id}.1"] = RunRecord(RunState.ENDED, manifest=world.manifest(job, "failed", error))
    failed = await world.settled(job)
    assert failed.status.failure is not None
    assert (failed.status.failure.kind, failed.status.failure.message, failed.status.failure.node) == (
        "model",
        "It broke.",
        "root",
    )


async def test_a_run_that_somebody_ended_is_a_cancelled_job(world: World):
    job = await world.running()
    world.engine.known[f"{job.id}.1"] = RunRecord(RunState.WITHDRAWN)
    assert (await world.settled(job)).state is JobState.CANCELLED


async def test_a_run_that_the_engine_gives_another_worker_is_left_alone_until_its_deadline(world: World):
    job = await world.running()
    world.engine.known[f"{job.id}.1"] = RunRecord(RunState.PENDING)
    assert await world.reconciler.reconcile() == 0
    late = world.patient(ReconcileTimings(silence_s=0, deadline_s=0))
    assert await late.reconcile() == 1
    failed = await world.queue.service.get_job(job.id)
    assert failed.status.failure is not None
    assert (failed.state, failed.status.failure.kind) == (JobState.FAILED, "deadline-passed")
    assert world.engine.cancelled == [f"{job.id}.1"]


async def test_a_job_past_its_deadline_is_ended_however_alive_its_worker_is(world: World):
    job = await world.running()
    lively = world.patient(ReconcileTimings(silence_s=60, deadline_s=3600))
    assert await lively.reconcile() == 0
    assert await world.patient(ReconcileTimings(silence_s=60, deadline_s=0)).reconcile() == 1
    assert (await world.queue.tell(job, NodeDone(node="root", seconds=1))).cancel


async def test_a_worker_that_does_not_stop_is_ended(world: World):
    job = await world.running()
    await world.queue.service.request_cancel(job.id)
    assert await world.patient(ReconcileTimings(silence_s=60, stopping_s=30)).reconcile() == 0
    assert await world.patient(ReconcileTimings(silence_s=60, stopping_s=0)).reconcile() == 1
    assert (await world.queue.service.get_job(job.id)).state is JobState.CANCELLED
    assert world.engine.cancelled == [f"{job.id}.1"]


async def test_a_job_that_was_to_stop_when_its_worker_died_has_stopped(world: World):
    job = await world.running()
    await world.queue.service.request_cancel(job.id)
    assert (await world.settled(job)).state is JobState.CANCELLED


async def test_it_looks_again_and_again_until_it_is_stopped(world: World):
    job = await world.running()
    settled = asyncio.Event()
    reconciler = Reconciler(
        world.queue.service, world.engine, world.outbox, world.storage, lambda _id: settled.set(), timings=AT_ONCE
    )
    task = asyncio.create_task(reconciler.run())
    async with asyncio.timeout(LIMIT_S):
        await settled.wait()
        reconciler.stop()
        await task
    assert (await world.queue.service.get_job(job.id)).attempt == 2
