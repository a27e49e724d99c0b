"""What the queue leaves to the kind of a job, shown on a kind of its own."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import JsonValue
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession
from typing_extensions import override

from stemset.database.tables import RecordingRow
from stemset.errors import Conflict, InvalidRequest
from stemset.features.jobs.creation import NewJob
from stemset.features.jobs.engines.dispatcher import RunRecord, RunState
from stemset.features.jobs.kinds import JobKind, JobKinds
from stemset.features.jobs.messages import Event, Failed, Output, Report, Started, StepDone, Succeeded
from stemset.features.jobs.notifier import Notifier
from stemset.features.jobs.outbox import Outbox
from stemset.features.jobs.reconciler import Reconciler, ReconcileTimings
from stemset.features.jobs.records import JobEnd, JobRecord, JobState, Plan, StepStatus
from stemset.features.jobs.repository import JobRepository, Source
from stemset.features.jobs.schemas import describe_job
from stemset.features.jobs.service import JobService
from stemset.storage import Keys
from stemset.testing import InMemoryDispatcher, MemoryStorage
from tests.support.queue import KINDS, Queue


class Naming(JobKind):
    """Finds a name for a recording, which becomes its title."""

    name = "naming"

    @override
    def is_done(self, job: JobRecord, plan: Plan) -> bool:
        return job.payload == plan.payload

    @override
    def pace_of(self, label: str) -> float | None:
        return 2.0 if label == "think" else None

    @override
    def finish(self, job: JobRecord, success: Succeeded) -> dict[str, JsonValue]:
        return success.result

    @override
    async def store(self, session: AsyncSession, job: JobRecord, event: Event) -> None:
        if isinstance(event, Succeeded):
            title = str(job.status.result["title"])
            await session.execute(update(RecordingRow).where(RecordingRow.id == job.recording_id).values(title=title))


BOTH = JobKinds([*KINDS.values(), Naming()])


def plan(_source: Source, words: str = "short") -> Plan:
    step = StepStatus(path="think", parent=None, label="think")
    return Plan(kind="naming", identity=words, payload={"words": words}, steps=(step,))


class World:
    """A queue of both kinds."""

    def __init__(self, queue: Queue) -> None:
        self.queue = queue
        self.engine, self.storage = InMemoryDispatcher(), MemoryStorage()
        self.outbox = Outbox(queue.repository, self.engine)
        self.jobs = JobService(JobRepository(queue.sessions), BOTH, self.outbox, Notifier())

    async def tell(self, job: JobRecord, event: Event) -> JobRecord:
        job = await self.jobs.get_job(job.id)
        report = Report(job_id=job.id, attempt=job.attempt, nonce=job.nonce, event=event)
        return (await self.jobs.apply(report, report.message_id)).job

    async def reconcile(self) -> None:
        timings = ReconcileTimings(silence_s=0)
        reconciler = Reconciler(self.jobs, BOTH, self.engine, self.outbox, self.storage, timings=timings)
        assert await reconciler.reconcile() == 1


@pytest.fixture
def world(queue: Queue) -> World:
    return World(queue)


async def test_a_job_of_another_kind_runs_and_changes_what_its_kind_changes(world: World):
    recording = await world.queue.recording()
    job = await world.jobs.create_job(NewJob(plan, recording))
    assert (job.kind, job.queue_position, job.status.steps[0].expected_s) == ("naming", 1, 7.0)
    [payload] = await world.queue.repository.undispatched_jobs()
    assert (payload.kind, payload.payload) == ("naming", {"words": "short"})
    assert (await world.tell(job, Started())).eta_s == 7.0
    await world.tell(job, StepDone(step="think", seconds=14.0))
    done = await world.tell(job, Succeeded(result={"title": "First Light"}))
    assert (done.state, done.status.result) == (JobState.SUCCEEDED, {"title": "First Light"})
    assert (await world.queue.recordings.get(recording)).title == "First Light"
    # What was measured of this kind counts for its next job.
    again = await world.jobs.create_job(NewJob(plan, recording, force=True))
    assert again.status.steps[0].expected_s == 14.0


async def test_jobs_of_two_kinds_on_one_recording_stand_beside_each_other(world: World):
    separation = await world.queue.job()
    naming = await world.jobs.create_job(NewJob(plan, separation.recording_id))
    assert (naming.id != separation.id, naming.queue_position) == (True, 2)
    assert (await world.jobs.create_job(NewJob(plan, separation.recording_id))).id == naming.id
    assert [job.id for job in (await world.jobs.list_jobs(kind="naming"))[0]] == [naming.id]
    assert (await world.jobs.list_jobs())[1] == 2
    assert separation.recording_id is not None
    latest = (await world.queue.recordings.get(separation.recording_id)).latest_job
    assert latest is not None
    assert latest.id == separation.id


async def test_jobs_without_a_recording_belong_to_a_profile(world: World):
    wanted = [NewJob(plan, None, profile=profile) for profile in ("demo", "demo", "other")]
    first, same, other = await asyncio.gather(*(world.jobs.create_job(new) for new in wanted))
    assert first.id == same.id != other.id
    assert (first.recording_id, first.profile, first.status.steps[0].expected_s) == (None, "demo", None)
    assert (await world.jobs.create_job(NewJob(plan, None, profile="demo"))).id == first.id
    await world.outbox.flush()
    assert [(payload.recording_id, payload.source_key) for payload in world.engine.payloads] == [(None, None)] * 2
    await world.tell(first, Failed(kind="internal", message="no"))
    active = await world.jobs.create_job(NewJob(plan, None, profile="demo"))
    with pytest.raises(Conflict, match=f"Job {active.id} does the same"):
        await world.jobs.retry(first.id)
    assert [payload.job_id for payload in await world.queue.claim_jobs()] == [active.id]


async def test_a_job_of_another_kind_is_cancelled_and_tried_again(world: World):
    job = await world.jobs.create_job(NewJob(plan, await world.queue.recording()))
    assert (await world.jobs.cancel(job.id)).state is JobState.CANCELLED
    again = await world.jobs.retry(job.id)
    assert (again.state, again.attempt) == (JobState.QUEUED, 2)
    with pytest.raises(InvalidRequest, match="has no output 'x'"):
        await world.tell(job, Output(name="x", version="1", content={}))


async def test_a_silent_worker_of_another_kind_is_settled_by_what_it_left(world: World):
    job = await world.jobs.create_job(NewJob(plan, await world.queue.recording()))
    await world.outbox.flush()
    world.engine.known[f"{job.id}.1"] = RunRecord(RunState.ENDED)
    await world.reconcile()
    assert (await world.jobs.get_job(job.id)).attempt == 2
    await world.outbox.flush()
    world.engine.known[f"{job.id}.2"] = RunRecord(RunState.ENDED)
    later = datetime.now(UTC) + timedelta(seconds=1)
    end = JobEnd(state="succeeded", finished_at=later, result={"title": "Found"})
    world.storage.put_bytes(Keys.manifest(job.id), end.model_dump_json().encode(), "application/json")
    await world.reconcile()
    done = await world.jobs.get_job(job.id)
    assert (done.state, done.status.result) == (JobState.SUCCEEDED, {"title": "Found"})


async def test_the_json_of_another_kind_has_no_strategy_and_no_stems(world: World):
    job = describe_job(await world.jobs.create_job(NewJob(plan, None, profile="demo")), BOTH)
    assert (job.kind, job.recording_id, job.strategy, job.stems, job.expected_stems) == ("naming", None, None, [], [])
    assert [(node.path, node.model, node.title) for node in job.nodes] == [("think", "think", "think")]


async def test_a_payload_that_can_not_be_handed_over_is_refused_by_its_name(world: World):
    with pytest.raises(InvalidRequest, match="is larger than 8192 bytes"):
        await world.jobs.create_job(NewJob(lambda source: plan(source, "x" * 9000), None, profile="demo"))
