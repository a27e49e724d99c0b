"""What `JobRepository` stores and finds; what is decided about it is in test_service."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event, select, text, update
from sqlalchemy.exc import IntegrityError

from stemset.database.tables import JobRow
from stemset.features.jobs.messages import Failed, Started, Succeeded
from stemset.features.jobs.records import JobRecord, JobState, JobStatus, JobVersion, TrackRecord, new_id
from stemset.features.jobs.repository import JobChange, JobRepository
from stemset.manifest import StemRecord
from tests.support.queue import PLAN, Queue, track

NOW = datetime(2030, 1, 1, tzinfo=UTC)


@pytest.fixture
def repository(queue: Queue) -> JobRepository:
    return queue.repository


@contextmanager
def statements(queue: Queue) -> Generator[list[str]]:
    """The first words of the statements that the database is sent in this block, in order."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement.split(maxsplit=1)[0])

    engine = queue.sessions().sync_session.get_bind()
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


def running(job: JobRecord) -> JobChange:
    """The start of a queued job."""
    status = job.status.model_copy(update={"state": JobState.RUNNING, "started_at": NOW})
    after = job.model_copy(update={"status": status, "last_event": job.last_event + 1, "queue_position": None})
    return JobChange("started", job, after, NOW, message_id=f"{job.id}.1.started")


def track_of(job: JobRecord, name: str) -> TrackRecord:
    record = StemRecord(name=name, sha256="b" * 64, bytes=10, sample_rate=44100, frames=100, peak=0.5, lufs=-20.0)
    return TrackRecord(job_id=job.id, record=record, streaminfo=b"\x00\x01", block_size=4096, overview=(-3, 4))


async def column(queue: Queue, name: str, job: JobRecord) -> object:
    async with queue.sessions() as session:
        return await session.scalar(select(getattr(JobRow, name)).where(JobRow.id == job.id))


async def set_columns(queue: Queue, job: JobRecord, **values: object) -> None:
    async with queue.sessions.write() as session:
        await session.execute(update(JobRow).where(JobRow.id == job.id).values(**values))


async def test_what_is_unknown_is_none(repository: JobRepository):
    unknown = uuid4()
    assert await repository.find_job(unknown) is None
    assert await repository.find_version(unknown) is None
    assert await repository.find_reported_job(unknown, "id") is None
    assert await repository.find_tracks(unknown) is None
    assert await repository.find_events(unknown, 0, limit=10) is None
    assert await repository.find_active_job(unknown, "instant") is None
    assert await repository.find_latest_job(unknown, playable=False) is None
    assert await repository.find_jobs([unknown]) == {}
    assert await repository.recording_jobs(unknown) == []
    assert await repository.count_jobs() == {}


async def test_a_change_is_stored_with_its_event_and_its_track(queue: Queue, repository: JobRepository):
    job = await queue.job()
    change = running(job)
    stored = await repository.store_change(
        JobChange(change.type, job, change.after, NOW, change.message_id, track_of(job, "mixture"))
    )
    assert stored is not None
    assert (stored.number, stored.type, stored.at, stored.job) == (2, "started", NOW, change.after)
    assert await repository.find_job(job.id) == change.after
    assert await repository.find_events(job.id, 1, limit=10) == [stored]
    assert await repository.find_reported_job(job.id, f"{job.id}.1.started") == (change.after, True)
    assert await repository.find_reported_job(job.id, f"{job.id}.1.other") == (change.after, False)
    assert await repository.find_tracks(job.id) == (change.after, {"mixture": track_of(job, "mixture")})
    assert (await queue.recordings.get(job.recording_id)).overview == (-3, 4)
    assert await column(queue, "heard_at", job) == NOW


async def test_a_change_of_a_job_that_has_changed_meanwhile_stores_nothing(queue: Queue, repository: JobRepository):
    job = await queue.job()
    await queue.tell(job, Started())
    late = running(job)
    late = JobChange(late.type, job, late.after, NOW, "another id", track_of(job, "mixture"))
    before = await repository.find_job(job.id)
    with statements(queue) as sent:
        assert await repository.store_change(late) is None
    assert sent == ["UPDATE"]
    assert await repository.find_job(job.id) == before
    assert await queue.story(job) == ["created", "started"]
    assert await repository.find_tracks(job.id) == (before, {})


async def test_of_many_who_change_a_job_as_it_was_one_does(queue: Queue, repository: JobRepository):
    job = await queue.job()
    changes = [
        JobChange(change.type, job, change.after, NOW, f"id {number}")
        for number, change in enumerate([running(job)] * 10)
    ]
    stored = await asyncio.gather(*(repository.store_change(change) for change in changes))
    assert sum(one is not None for one in stored) == 1
    assert await queue.story(job) == ["created", "started"]


async def test_the_next_attempt_is_unclaimed_unheard_and_at_the_queue_s_end(queue: Queue, repository: JobRepository):
    job = await queue.job()
    await set_columns(queue, job, heard_at=NOW, claimed_at=NOW, cancel_requested=True, dispatch_ref="r")
    seen = await queue.service.get_job(job.id)
    begun = {"attempt": 2, "requeues": 1, "nonce": "other", "cancel_requested": False, "dispatch_ref": None}
    after = seen.model_copy(update=begun | {"last_event": 2, "queue_position": None})
    assert await repository.store_change(JobChange("requeued", seen, after, NOW)) is not None
    found = await repository.find_job(job.id)
    assert found == after.model_copy(update={"queue_position": 1})
    assert [await column(queue, name, job) for name in ("queued_at", "heard_at", "claimed_at")] == [NOW, None, None]


async def test_a_job_that_would_be_active_beside_another_is_not_stored(queue: Queue, repository: JobRepository):
    first = await queue.job()
    await queue.tell(first, Failed(kind="audio", message="no"))
    await queue.job(first.recording_id)
    failed = await queue.service.get_job(first.id)
    again = failed.model_copy(update={"status": JobStatus(), "attempt": 2, "last_event": failed.last_event + 1})
    with pytest.raises(IntegrityError):
        await repository.store_change(JobChange("retried", failed, again, NOW))
    assert await repository.find_job(first.id) == failed


async def test_of_new_jobs_all_are_stored_or_none(queue: Queue, repository: JobRepository):
    there = await queue.job()
    good, double, orphan = (
        there.model_copy(update={"id": new_id(), **change})
        for change in ({"strategy": "another"}, {}, {"strategy": "third", "recording_id": uuid4()})
    )
    for bad in (double, orphan):
        with pytest.raises(IntegrityError):
            await repository.insert_jobs([good, bad])
    assert await repository.count_jobs() == {JobState.QUEUED: 1}
    await repository.insert_jobs([good])
    assert await queue.story(good) == ["created"]


async def test_before_new_jobs_are_made_it_is_known_what_there_is(queue: Queue, repository: JobRepository):
    recording, empty = await queue.recording(), await queue.recording(profile="other")
    failed = await queue.job(recording, strategy="failed")
    await queue.tell(failed, Failed(kind="audio", message="no"))
    done = await queue.job(recording, strategy="done")
    await queue.tell(done, Succeeded(sum_to_mixture_db=None, common_gain=1))
    queued = await queue.job(recording, strategy="queued")
    await queue.job()
    with statements(queue) as sent:
        before = await repository.jobs_before([recording, empty, uuid4()])
    assert sent == ["SELECT"]
    assert {key: (source.profile, source.duration_s) for key, source in before.sources.items()} == {
        recording: ("demo", 3.5),
        empty: ("other", 3.5),
    }
    assert before.sources[empty].source_key == f"recordings/{empty}/source.mp3"
    assert [job.id for job in before.jobs[recording]] == [queued.id, done.id]
    assert before.jobs[empty] == []
    assert before.queued == 2


async def test_versions_that_are_asked_for_at_once_are_read_at_once(queue: Queue, repository: JobRepository):
    first, second = await queue.job(), await queue.job()
    await queue.tell(first, Started())
    ids: list[UUID] = [first.id, second.id, uuid4()] * 30
    with statements(queue) as sent:
        found = await asyncio.gather(*(repository.find_version(job_id) for job_id in ids))
    assert found == [JobVersion(2, None), JobVersion(1, 1), None] * 30
    assert len(sent) <= 2


async def test_claims_are_taken_oldest_first_and_last_as_long_as_their_lease(queue: Queue, repository: JobRepository):
    jobs = [await queue.job() for _ in range(3)]

    async def claim(nonce: str, seconds: float, *, limit: int = 20) -> list[UUID]:
        now = NOW + timedelta(seconds=seconds)
        payloads = await repository.claim_jobs(nonce=nonce, now=now, lease_s=60, limit=limit)
        assert {payload.nonce for payload in payloads} <= {nonce}
        return [payload.job_id for payload in payloads]

    assert await claim("a", 0, limit=2) == [jobs[0].id, jobs[1].id]
    assert await claim("b", 10) == [jobs[2].id]
    assert await claim("c", 60) == []
    assert await claim("d", 61) == [jobs[0].id, jobs[1].id]
    assert [(await queue.service.get_job(job.id)).nonce for job in jobs] == ["d", "d", "b"]


async def test_a_hand_over_is_named_once_and_only_while_it_counts(queue: Queue, repository: JobRepository):
    job = await queue.job()
    [payload] = await repository.undispatched_jobs(limit=10)
    for changed in ({"attempt": 2}, {"nonce": "other"}, {"job_id": uuid4()}):
        assert not await repository.mark_dispatched(payload.model_copy(update=changed), "fc-1")
    assert await repository.mark_dispatched(payload, "fc-1")
    assert await repository.mark_dispatched(payload, "fc-1")
    assert not await repository.mark_dispatched(payload, "fc-2")
    assert (await queue.service.get_job(job.id)).dispatch_ref == "fc-1"
    await queue.tell(job, Failed(kind="audio", message="no"))
    assert not await repository.mark_dispatched(payload, "fc-1")


async def test_a_job_is_unheard_from_its_place_in_the_queue_or_its_last_report(queue: Queue, repository: JobRepository):
    never, late, early, ended, undispatched = [await queue.job() for _ in range(5)]
    for job in (never, late, early, ended):
        await set_columns(queue, job, dispatch_ref="r", queued_at=NOW)
    await set_columns(queue, late, heard_at=NOW + timedelta(seconds=20))
    await set_columns(queue, early, heard_at=NOW + timedelta(seconds=10))
    await set_columns(queue, undispatched, queued_at=NOW)
    await queue.tell(ended, Failed(kind="audio", message="no"))

    async def unheard(seconds: float, limit: int = 10) -> list[UUID]:
        since = NOW + timedelta(seconds=seconds)
        return [job.id for job in await repository.unheard_jobs(since, limit=limit)]

    assert await unheard(0) == []
    assert await unheard(1) == [never.id]
    assert await unheard(11) == [never.id, early.id]
    assert await unheard(21) == [never.id, early.id, late.id]
    assert await unheard(21, limit=1) == [never.id]
    await repository.note_heartbeat(await queue.service.get_job(never.id), NOW + timedelta(seconds=30))
    assert await unheard(21) == [early.id, late.id]


async def test_a_heartbeat_of_a_former_attempt_is_none_of_this_one(queue: Queue, repository: JobRepository):
    job = await queue.job()
    await repository.note_heartbeat(job.model_copy(update={"attempt": 2}), NOW)
    assert await column(queue, "heard_at", job) is None


async def test_only_a_running_attempt_can_be_asked_to_stop_and_is_unkillable_when_it_does_not(
    queue: Queue, repository: JobRepository
):
    job = await queue.job()
    assert not await repository.request_stop(job, NOW)
    await queue.tell(job, Started())
    assert not await repository.request_stop(job.model_copy(update={"attempt": 2}), NOW)
    assert await repository.request_stop(job, NOW)
    assert await repository.unkillable_jobs(NOW) == []
    [unkillable] = await repository.unkillable_jobs(NOW + timedelta(seconds=1))
    assert (unkillable.id, unkillable.cancel_requested) == (job.id, True)
    await queue.tell(job, Failed(kind="audio", message="no"))
    assert await repository.unkillable_jobs(NOW + timedelta(days=9999)) == []


async def test_the_last_runs_are_the_newest_that_succeeded(queue: Queue, repository: JobRepository):
    jobs = [await queue.job(strategy=f"s{number}") for number in range(4)]
    for job in jobs[:3]:
        await queue.tell(job, Succeeded(sum_to_mixture_db=-90.0 - jobs.index(job), common_gain=1))
    runs = await repository.last_runs(limit=2)
    assert [(status.sum_to_mixture_db, duration_s) for status, duration_s in runs] == [(-92.0, 3.5), (-91.0, 3.5)]


async def test_a_page_of_jobs_matches_all_that_is_asked_for(queue: Queue, repository: JobRepository):
    recording = await queue.recording()
    first, second = await queue.job(recording, strategy="a"), await queue.job(recording, strategy="b")
    await queue.job(await queue.recording(profile="other"))
    await queue.tell(first, Started())

    async def page(*states: JobState, profile: str | None = "demo") -> tuple[list[UUID], int]:
        found, total = await repository.list_jobs(states, profile, recording, limit=1, offset=0)
        return [job.id for job in found], total

    assert await page() == ([second.id], 2)
    assert await page(JobState.RUNNING) == ([first.id], 1)
    assert await page(JobState.RUNNING, JobState.QUEUED, profile=None) == ([second.id], 2)
    assert await page(profile="other") == ([], 0)


async def test_a_submit_a_report_and_a_poll_take_few_statements(queue: Queue):
    recording = await queue.recording()
    # The first job of a process reads the paces of models, too.
    job = await queue.job()
    with statements(queue) as submitting:
        await queue.service.create_job(recording, PLAN.strategy)
    assert submitting == ["SELECT", "INSERT", "INSERT"]
    await queue.tell(job, Started())
    with statements(queue) as reporting:
        await queue.tell(job, track("drums"))
    # The first is the test's own: it asks for the nonce.
    assert reporting == ["SELECT", "SELECT", "SELECT", "UPDATE", "INSERT", "DELETE", "INSERT"]
    with statements(queue) as repeating:
        await queue.tell(job, Started())
    assert repeating == ["SELECT", "SELECT", "SELECT", "UPDATE"]
    with statements(queue) as polling:
        await queue.service.job_version(job.id)
        await queue.service.get_job(job.id)
    assert polling == ["SELECT", "SELECT"]


async def test_a_deleted_recording_takes_tracks_and_events_along(queue: Queue, repository: JobRepository):
    job = await queue.job()
    await queue.tell(job, track("mixture"))
    await queue.recordings.delete(job.recording_id)
    assert await repository.find_tracks(job.id) is None
    async with queue.sessions() as session:
        left = [await session.scalar(text(f"SELECT count(*) FROM {table}")) for table in ("job_events", "job_tracks")]
    assert left == [0, 0]
