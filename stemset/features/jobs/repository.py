"""`JobRepository`: every query and every write of jobs, their events and their tracks.

It decides nothing. How a job may change is decided by `service` and `creation`, which hand over what is to be stored.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Select, Update, and_, bindparam, delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import load_only

from stemset.concurrency.batching import Batcher
from stemset.database.sessions import Sessions
from stemset.database.tables import EventRow, JobRow, RecordingRow, TrackRow
from stemset.features.jobs.messages import JobPayload
from stemset.features.jobs.records import (
    EventRecord,
    JobRecord,
    JobState,
    JobStatus,
    JobVersion,
    RunOptions,
    TrackRecord,
)
from stemset.manifest import MIXTURE, StemRecord

MAX_RACES = 50
"""How often a change that another process was faster with is tried again. Losing more races in a row than that means
that something else is wrong."""

# Statements that every submit and every poll needs are made once: making one took a fifth of a submit's time.

_ACTIVE = tuple(state.value for state in JobState if not state.final)

_NEWEST_FIRST = (JobRow.created_at.desc(), JobRow.id.desc())

_PLACES = (
    select(JobRow.id, func.row_number().over(order_by=(JobRow.queued_at, JobRow.id)).label("place"))
    .where(JobRow.state == JobState.QUEUED.value)
    .subquery()
)
"""Queued jobs with their places in the queue: 1 is next."""

_PLACED_JOBS = select(JobRow, _PLACES.c.place).outerjoin(_PLACES, _PLACES.c.id == JobRow.id)
"""Jobs, each with its place in the queue or None. `_read_placed` runs a narrower form of it."""

_VERSIONS = (
    select(JobRow.id, JobRow.last_event, _PLACES.c.place)
    .outerjoin(_PLACES, _PLACES.c.id == JobRow.id)
    .where(JobRow.id.in_(bindparam("jobs", expanding=True)))
)

_JOBS_BEFORE = (
    select(
        RecordingRow,
        select(func.count()).where(JobRow.state == JobState.QUEUED.value).scalar_subquery(),
        JobRow,
    )
    .options(load_only(RecordingRow.profile, RecordingRow.duration_s, RecordingRow.source_key, raiseload=True))
    .outerjoin(
        JobRow,
        and_(JobRow.recording_id == RecordingRow.id, JobRow.state.in_([*_ACTIVE, JobState.SUCCEEDED.value])),
    )
    .where(RecordingRow.id.in_(bindparam("recordings", expanding=True)))
    .order_by(*_NEWEST_FIRST)
)
"""Each recording with the number of queued jobs and, a row for each, the jobs that `JobsBefore` names."""

_SOURCE_KEY = select(RecordingRow.source_key).where(RecordingRow.id == JobRow.recording_id).scalar_subquery()


@dataclass(frozen=True)
class Source:
    """What a new job takes from its recording. source_key: where the recording's file is stored."""

    recording_id: UUID
    profile: str
    duration_s: float
    source_key: str


@dataclass
class JobsBefore:
    """What the database holds before new jobs are made.

    sources: recording id -> what a job takes from it. jobs: recording id -> its queued, running and succeeded jobs,
    newest first. queued: how many jobs wait, of all recordings.
    """

    sources: dict[UUID, Source] = field(default_factory=dict[UUID, Source])
    jobs: dict[UUID, list[JobRecord]] = field(default_factory=dict[UUID, list[JobRecord]])
    queued: int = 0


@dataclass(frozen=True)
class JobChange:
    """One change of one job.

    type: of the event that records it. before: the job as it was read. after: the job as it is to be, its `last_event`
    one higher. message_id: of the report that brings the change, None for the service's own. track: a stem or the
    mixture that the change makes playable.
    """

    type: str
    before: JobRecord
    after: JobRecord
    at: datetime
    message_id: str | None = None
    track: TrackRecord | None = None


class JobRepository:
    """Reads and writes jobs. One per process."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._versions = Batcher(self._find_versions)

    # One job -------------------------------------------------------------------------------------------------

    async def find_job(self, job_id: UUID) -> JobRecord | None:
        """The job with its place in the queue."""
        async with self._sessions() as session:
            found = await _read_placed(session, _PLACED_JOBS.where(JobRow.id == job_id))
        return found[0] if found else None

    async def find_version(self, job_id: UUID) -> JobVersion | None:
        """The version of a job. A hundred that are asked for at once are read by one query."""
        return await self._versions.ask(job_id)

    async def find_reported_job(self, job_id: UUID, message_id: str) -> tuple[JobRecord, bool] | None:
        """The job, without its place, and whether the report with this id has changed it already."""
        async with self._sessions() as session:
            row = await session.get(JobRow, job_id)
            known = await session.scalar(select(EventRow.number).where(EventRow.message_id == message_id))
        return None if row is None else (_job_from_row(row), known is not None)

    async def find_tracks(self, job_id: UUID) -> tuple[JobRecord, Mapping[str, TrackRecord]] | None:
        """The job, without its place, and its tracks by their names."""
        async with self._sessions() as session:
            row = await session.get(JobRow, job_id)
            tracks = (await session.scalars(select(TrackRow).where(TrackRow.job_id == job_id))).all()
        return None if row is None else (_job_from_row(row), {track.name: _track_from_row(track) for track in tracks})

    async def find_events(self, job_id: UUID, after: int, *, limit: int) -> list[EventRecord] | None:
        """The job's events numbered above `after`, in order; None for an unknown job."""
        events = select(EventRow).where(EventRow.job_id == job_id, EventRow.number > after)
        async with self._sessions() as session:
            row = await session.get(JobRow, job_id)
            if row is None:
                return None
            found = (await session.scalars(events.order_by(EventRow.number).limit(limit))).all()
        job = _job_from_row(row)
        return [_event_from_row(event, job) for event in found]

    async def find_active_job(self, recording_id: UUID, strategy: str) -> JobRecord | None:
        """The queued or running job of the strategy on the recording, without its place; there is one at most."""
        active = select(JobRow).where(
            JobRow.recording_id == recording_id, JobRow.strategy == strategy, JobRow.state.in_(_ACTIVE)
        )
        async with self._sessions() as session:
            row = await session.scalar(active)
        return None if row is None else _job_from_row(row)

    async def find_latest_job(self, recording_id: UUID, *, playable: bool) -> JobRecord | None:
        """The recording's newest job; if playable, the newest whose mixture can be played."""
        jobs = _PLACED_JOBS.where(JobRow.recording_id == recording_id)
        if playable:
            mixture = select(TrackRow.job_id).where(TrackRow.job_id == JobRow.id, TrackRow.name == MIXTURE)
            jobs = jobs.where(mixture.exists())
        async with self._sessions() as session:
            newest = await _read_placed(session, jobs.order_by(*_NEWEST_FIRST).limit(1))
        return newest[0] if newest else None

    # Many jobs -----------------------------------------------------------------------------------------------

    async def find_jobs(self, job_ids: Collection[UUID]) -> dict[UUID, JobRecord]:
        """Those of the jobs that exist, by their ids, with their places in the queue."""
        async with self._sessions() as session:
            found = await _read_placed(session, _PLACED_JOBS.where(JobRow.id.in_(job_ids)))
        return {job.id: job for job in found}

    async def list_jobs(
        self,
        states: Collection[JobState],
        profile: str | None,
        recording_id: UUID | None,
        *,
        limit: int,
        offset: int,
    ) -> tuple[list[JobRecord], int]:
        """A page of the jobs that match, newest first, and how many match in all. states: none means all."""
        matching = [
            *([JobRow.state.in_([state.value for state in states])] if states else []),
            *([JobRow.profile == profile] if profile is not None else []),
            *([JobRow.recording_id == recording_id] if recording_id is not None else []),
        ]
        page = _PLACED_JOBS.where(*matching).order_by(*_NEWEST_FIRST).limit(limit).offset(offset)
        async with self._sessions() as session:
            total = await session.scalar(select(func.count()).select_from(JobRow).where(*matching))
            return await _read_placed(session, page), total or 0

    async def count_jobs(self) -> dict[JobState, int]:
        """State -> number of jobs, for states that any job is in."""
        counts = select(JobRow.state, func.count()).group_by(JobRow.state)
        async with self._sessions() as session:
            return {JobState(state): count for state, count in await session.execute(counts)}

    async def recording_jobs(self, recording_id: UUID) -> list[JobRecord]:
        """All jobs of the recording, oldest first."""
        jobs = select(JobRow).where(JobRow.recording_id == recording_id)
        return await self._read_jobs(jobs.order_by(JobRow.created_at, JobRow.id))

    async def succeeded_jobs(self, recording_id: UUID, strategy: str) -> list[JobRecord]:
        """The jobs of the strategy that succeeded on the recording, newest first."""
        succeeded = select(JobRow).where(
            JobRow.recording_id == recording_id,
            JobRow.strategy == strategy,
            JobRow.state == JobState.SUCCEEDED.value,
        )
        return await self._read_jobs(succeeded.order_by(*_NEWEST_FIRST))

    async def unheard_jobs(self, since: datetime, *, limit: int) -> list[JobRecord]:
        """Jobs that an engine has and of which no worker has said anything since then, longest silent first."""
        heard_at = func.coalesce(JobRow.heard_at, JobRow.queued_at)
        unheard = select(JobRow).where(
            JobRow.state.in_(_ACTIVE),
            JobRow.dispatch_ref.is_not(None),
            heard_at < since,
        )
        return await self._read_jobs(unheard.order_by(heard_at).limit(limit))

    async def unkillable_jobs(self, since: datetime) -> list[JobRecord]:
        """Jobs whose worker was asked to stop before then, runs on, and has changed nothing since."""
        unkillable = (JobRow.state == JobState.RUNNING.value, JobRow.cancel_requested, JobRow.updated_at < since)
        return await self._read_jobs(select(JobRow).where(*unkillable))

    async def undispatched_jobs(self, *, limit: int = 100) -> list[JobPayload]:
        """Queued jobs that no engine has, oldest first."""
        undispatched = (
            select(JobRow, RecordingRow.source_key)
            .join(RecordingRow, RecordingRow.id == JobRow.recording_id)
            .where(JobRow.state == JobState.QUEUED.value, JobRow.dispatch_ref.is_(None))
            .order_by(JobRow.created_at, JobRow.id)
            .limit(limit)
        )
        async with self._sessions() as session:
            found = await session.execute(undispatched)
            return [JobPayload.of(_job_from_row(row), source_key) for row, source_key in found]

    async def last_runs(self, *, limit: int) -> list[tuple[JobStatus, float]]:
        """The newest jobs that succeeded, each with the seconds that its recording lasts."""
        last = (
            select(JobRow.status, RecordingRow.duration_s)
            .join(RecordingRow, RecordingRow.id == JobRow.recording_id)
            .where(JobRow.state == JobState.SUCCEEDED.value)
            .order_by(JobRow.created_at.desc())
            .limit(limit)
        )
        async with self._sessions() as session:
            return [(JobStatus.model_validate(status), s) for status, s in await session.execute(last)]

    async def jobs_before(self, recording_ids: Collection[UUID]) -> JobsBefore:
        """What is there of these recordings before new jobs are made of them; unknown ones are left out."""
        before = JobsBefore()
        async with self._sessions() as session:
            for recording, queued, row in await session.execute(_JOBS_BEFORE, {"recordings": list(recording_ids)}):
                before.sources[recording.id] = Source(
                    recording.id, recording.profile, recording.duration_s, recording.source_key
                )
                before.jobs.setdefault(recording.id, []).extend(_joined_jobs(row))
                before.queued = queued
        return before

    # Writing -------------------------------------------------------------------------------------------------

    async def insert_jobs(self, jobs: Sequence[JobRecord]) -> None:
        """Store new jobs, each with its first event, in one transaction.

        Raises IntegrityError and stores none of them where one of their recordings is gone, or has an active job of the
        same strategy by now.
        """
        async with self._sessions.begin() as session:
            # Not by the session itself, whose insert takes longer for the same rows.
            connection = await session.connection()
            await connection.execute(insert(JobRow), [_new_job_values(job) for job in jobs])
            await connection.execute(
                insert(EventRow), [_event_values(JobChange("created", job, job, job.created_at)) for job in jobs]
            )

    async def store_change(self, change: JobChange) -> EventRecord | None:
        """Store a change and its event in one transaction; None, and nothing stored, where the job has changed since it
        was read.

        Raises IntegrityError where the job would be active beside another of its strategy on the same recording.
        """
        before, after = change.before, change.after
        compare_and_set = (
            update(JobRow)
            .where(JobRow.id == before.id, JobRow.last_event == before.last_event, JobRow.attempt == before.attempt)
            .values(**_changed_values(change))
        )
        async with self._sessions.begin() as session:
            if await _count_changed(session, compare_and_set) != 1:
                return None
            connection = await session.connection()
            await connection.execute(insert(EventRow), _event_values(change))
            if change.track is not None:
                await _replace_track(session, before.recording_id, change.track)
        return EventRecord(job_id=after.id, number=after.last_event, type=change.type, at=change.at, job=after)

    async def request_stop(self, job: JobRecord, now: datetime) -> bool:
        """Mark a running attempt to be stopped; False where it doesn't run any more."""
        running = (JobRow.id == job.id, JobRow.attempt == job.attempt, JobRow.state == JobState.RUNNING.value)
        return await self._write_one(update(JobRow).where(*running).values(cancel_requested=True, updated_at=now))

    async def note_heartbeat(self, job: JobRecord, now: datetime) -> None:
        """Store that the worker of this attempt has reported, although it had nothing new to say."""
        attempt = (JobRow.id == job.id, JobRow.attempt == job.attempt)
        await self._write_one(update(JobRow).where(*attempt).values(heard_at=now))

    async def claim_jobs(self, *, nonce: str, now: datetime, lease_s: float, limit: int) -> list[JobPayload]:
        """Queued jobs that no engine has and that no other process is handing over, oldest first, each claimed for the
        caller by giving it this nonce. A claim that is older than lease_s seconds is lost."""
        free = (
            JobRow.state == JobState.QUEUED.value,
            JobRow.dispatch_ref.is_(None),
            or_(JobRow.claimed_at.is_(None), JobRow.claimed_at < now - timedelta(seconds=lease_s)),
        )
        # Rows that another process is claiming are left to it; SQLite has one writer anyway.
        oldest = (
            select(JobRow.id)
            .where(*free)
            .order_by(JobRow.created_at, JobRow.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
            .cte("oldest")
        )
        claim = (
            update(JobRow)
            .where(JobRow.id.in_(select(oldest.c.id)), *free)
            .values(nonce=nonce, claimed_at=now)
            .returning(JobRow, _SOURCE_KEY)
            .execution_options(synchronize_session=False)
        )
        async with self._sessions.write() as session:
            claimed = [(_job_from_row(row), source_key) for row, source_key in await session.execute(claim)]
        claimed.sort(key=lambda pair: (pair[0].created_at, pair[0].id))
        return [JobPayload.of(job, source_key) for job, source_key in claimed]

    async def mark_dispatched(self, payload: JobPayload, ref: str) -> bool:
        """Store the engine's name for a hand-over; False where that hand-over doesn't count any more."""
        handed_over = (JobRow.id == payload.job_id, JobRow.attempt == payload.attempt, JobRow.nonce == payload.nonce)
        # The run itself may have reported its name before its hand-over is stored.
        unnamed = or_(JobRow.dispatch_ref.is_(None), JobRow.dispatch_ref == ref)
        active = JobRow.state.in_(_ACTIVE)
        return await self._write_one(update(JobRow).where(*handed_over, unnamed, active).values(dispatch_ref=ref))

    # -----------------------------------------------------------------------------------------------------------

    async def _find_versions(self, job_ids: Sequence[UUID]) -> list[JobVersion | None]:
        async with self._sessions() as session:
            rows = await session.execute(_VERSIONS, {"jobs": list(set(job_ids))})
            found = {job_id: JobVersion(last_event, place) for job_id, last_event, place in rows}
        return [found.get(job_id) for job_id in job_ids]

    async def _read_jobs(self, jobs: Select[JobRow]) -> list[JobRecord]:
        async with self._sessions() as session:
            return [_job_from_row(row) for row in await session.scalars(jobs)]

    async def _write_one(self, statement: Update) -> bool:
        """Run a statement that changes one row at most, and tell whether it did."""
        async with self._sessions.write() as session:
            return await _count_changed(session, statement) == 1


async def latest_jobs(session: AsyncSession, recordings: Sequence[UUID]) -> dict[UUID, JobRecord]:
    """Recording id -> its newest job, for those of the recordings that have any; read in the caller's session."""
    age = func.row_number().over(partition_by=JobRow.recording_id, order_by=_NEWEST_FIRST)
    aged = select(JobRow.id, age.label("age")).where(JobRow.recording_id.in_(recordings)).subquery()
    latest = _PLACED_JOBS.join(aged, aged.c.id == JobRow.id).where(aged.c.age == 1)
    return {job.recording_id: job for job in await _read_placed(session, latest)}


def _job_from_row(row: JobRow, place: int | None = None) -> JobRecord:
    """place: in the queue, where that was read along."""
    return JobRecord(
        id=row.id,
        recording_id=row.recording_id,
        profile=row.profile,
        strategy=row.strategy,
        tree=row.tree,
        expected_stems=tuple(row.expected_stems),
        options=RunOptions.model_validate(row.options),
        status=JobStatus.model_validate(row.status),
        attempt=row.attempt,
        cancel_requested=row.cancel_requested,
        dispatch_ref=row.dispatch_ref,
        nonce=row.nonce,
        last_event=row.last_event,
        created_at=row.created_at,
        requeues=row.requeues,
        queue_position=place,
    )


def _joined_jobs(row: JobRow | None) -> list[JobRecord]:
    """The job of a row of an outer join, which has None where there is no job; SQLAlchemy's types don't know that."""
    return [] if row is None else [_job_from_row(row)]


def _event_from_row(row: EventRow, job: JobRecord) -> EventRecord:
    """job: the event's job at any time; what the event has changed of it is taken from the event."""
    then = job.model_copy(update={"status": JobStatus.model_validate(row.status), "last_event": row.number})
    return EventRecord(job_id=row.job_id, number=row.number, type=row.type, at=row.at, job=then)


def _track_from_row(row: TrackRow) -> TrackRecord:
    return TrackRecord(
        job_id=row.job_id,
        record=StemRecord.model_validate(row.record),
        streaminfo=row.streaminfo,
        block_size=row.block_size,
        overview=tuple(row.overview),
    )


def _new_job_values(job: JobRecord) -> dict[str, object]:
    return {
        "id": job.id,
        "recording_id": job.recording_id,
        "profile": job.profile,
        "strategy": job.strategy,
        "tree": job.tree,
        "expected_stems": list(job.expected_stems),
        "options": job.options.model_dump(mode="json"),
        "state": job.state.value,
        "status": job.status.model_dump(mode="json"),
        "attempt": job.attempt,
        "requeues": job.requeues,
        "cancel_requested": job.cancel_requested,
        "dispatch_ref": job.dispatch_ref,
        "nonce": job.nonce,
        "last_event": job.last_event,
        "created_at": job.created_at,
        "updated_at": job.created_at,
        "queued_at": job.created_at,
    }


def _changed_values(change: JobChange) -> dict[str, object]:
    """The columns of the job that the change sets."""
    before, after = change.before, change.after
    values: dict[str, object] = {
        "state": after.state.value,
        "status": after.status.model_dump(mode="json"),
        "last_event": after.last_event,
        "updated_at": change.at,
    }
    if after.attempt != before.attempt:
        return values | {
            "attempt": after.attempt,
            "nonce": after.nonce,
            "requeues": after.requeues,
            "cancel_requested": after.cancel_requested,
            "dispatch_ref": after.dispatch_ref,
            "queued_at": change.at,
            "heard_at": None,
            "claimed_at": None,
        }
    if change.message_id is not None:
        values["heard_at"] = change.at
    if after.dispatch_ref != before.dispatch_ref:
        values["dispatch_ref"] = after.dispatch_ref
    return values


def _event_values(change: JobChange) -> dict[str, object]:
    return {
        "job_id": change.after.id,
        "number": change.after.last_event,
        "type": change.type,
        "message_id": change.message_id,
        "status": change.after.status.model_dump(mode="json"),
        "at": change.at,
    }


async def _read_placed(session: AsyncSession, jobs: Select[JobRow, int | None]) -> list[JobRecord]:
    return [_job_from_row(row, place) for row, place in await session.execute(jobs)]


async def _count_changed(session: AsyncSession, statement: Update) -> int:
    connection = await session.connection()
    return (await connection.execute(statement)).rowcount


async def _replace_track(session: AsyncSession, recording_id: UUID, track: TrackRecord) -> None:
    """Store a track in place of one of the same name; the mixture's overview is the recording's, too."""
    connection = await session.connection()
    await connection.execute(delete(TrackRow).where(TrackRow.job_id == track.job_id, TrackRow.name == track.name))
    await connection.execute(
        insert(TrackRow),
        {
            "job_id": track.job_id,
            "name": track.name,
            "record": track.record.model_dump(mode="json"),
            "streaminfo": track.streaminfo,
            "block_size": track.block_size,
            "overview": list(track.overview),
        },
    )
    if track.name == MIXTURE:
        overview = update(RecordingRow).where(RecordingRow.id == recording_id).values(overview=list(track.overview))
        await connection.execute(overview)
