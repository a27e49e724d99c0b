"""`JobReads`: what can be asked about jobs."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, bindparam, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from stemset.concurrency.batching import Batcher
from stemset.database.sessions import Sessions
from stemset.database.tables import EventRow, JobRow, RecordingRow, TrackRow
from stemset.errors import NotFound
from stemset.features.jobs.messages import JobPayload
from stemset.features.jobs.records import (
    EventRecord,
    JobRecord,
    JobState,
    JobStatus,
    JobVersion,
    Plan,
    RunOptions,
    TrackRecord,
    new_nonce,
)
from stemset.manifest import MIXTURE, StemRecord


class JobReads:
    """One per process. Raises NotFound for an unknown id."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._versions = Batcher(self._read_versions)

    async def job_version(self, job_id: UUID) -> JobVersion:
        """What changes whenever the job does. A hundred who poll at once cost little more than one."""
        version = await self._versions.ask(job_id)
        if version is None:
            raise NotFound("job", str(job_id))
        return version

    async def get_job(self, job_id: UUID) -> JobRecord:
        async with self._sessions() as session:
            found = await placed(session, WITH_PLACES.where(JobRow.id == job_id))
        if not found:
            raise NotFound("job", str(job_id))
        return found[0]

    async def list_jobs(
        self,
        states: Collection[JobState] = (),
        profile: str | None = None,
        recording_id: UUID | None = None,
        *,
        limit: int = 50,
        offset: int = 0,
    ) -> tuple[list[JobRecord], int]:
        """A page of jobs, newest first, and how many there are in all. states: none means all."""
        matching = [
            *([JobRow.state.in_([state.value for state in states])] if states else []),
            *([JobRow.profile == profile] if profile is not None else []),
            *([JobRow.recording_id == recording_id] if recording_id is not None else []),
        ]
        newest_first = WITH_PLACES.where(*matching).order_by(JobRow.created_at.desc(), JobRow.id.desc())
        async with self._sessions() as session:
            total = await session.scalar(select(func.count()).select_from(JobRow).where(*matching))
            return await placed(session, newest_first.limit(limit).offset(offset)), total or 0

    async def count_jobs(self) -> Mapping[JobState, int]:
        """State -> number of jobs, for every state."""
        counts = select(JobRow.state, func.count()).group_by(JobRow.state)
        async with self._sessions() as session:
            found = {JobState(state): count for state, count in await session.execute(counts)}
        return {state: found.get(state, 0) for state in JobState}

    async def latest_job(self, recording_id: UUID, *, playable: bool = False) -> JobRecord | None:
        """The newest job of a recording; if playable, the newest whose mixture can be played."""
        jobs = WITH_PLACES.where(JobRow.recording_id == recording_id)
        if playable:
            mixture = select(TrackRow.job_id).where(TrackRow.job_id == JobRow.id, TrackRow.name == MIXTURE)
            jobs = jobs.where(mixture.exists())
        async with self._sessions() as session:
            newest = await placed(session, jobs.order_by(JobRow.created_at.desc(), JobRow.id.desc()).limit(1))
        return newest[0] if newest else None

    async def tracks(self, job_id: UUID) -> tuple[TrackRecord | None, list[TrackRecord]]:
        """The mixture's track if it is ready, and those of the ready stems in the strategy's order."""
        async with self._sessions() as session:
            job = await self._job(session, job_id)
            rows = (await session.scalars(select(TrackRow).where(TrackRow.job_id == job_id))).all()
        tracks = {row.name: track_of(row) for row in rows}
        return tracks.get(MIXTURE), [tracks[stem] for stem in job.expected_stems if stem in tracks]

    async def events_after(self, job_id: UUID, number: int = 0, *, limit: int = 500) -> list[EventRecord]:
        """Events numbered above `number`, in order."""
        async with self._sessions() as session:
            job = await self._job(session, job_id)
            found = select(EventRow).where(EventRow.job_id == job_id, EventRow.number > number)
            rows = (await session.scalars(found.order_by(EventRow.number).limit(limit))).all()
        return [event_of(row, job) for row in rows]

    async def done_job(self, recording_id: UUID, plan: Plan) -> JobRecord | None:
        """The newest job that succeeded in just what the plan would make."""
        succeeded = select(JobRow).where(
            JobRow.recording_id == recording_id,
            JobRow.strategy == plan.strategy,
            JobRow.state == JobState.SUCCEEDED.value,
        )
        async with self._sessions() as session:
            rows = await session.scalars(succeeded.order_by(JobRow.created_at.desc(), JobRow.id.desc()))
            return next((job for job in map(job_of, rows) if job.has_done(plan)), None)

    async def silent_jobs(self, since: datetime, *, limit: int = 500) -> list[JobRecord]:
        """Jobs that an engine has and of which nothing was heard since then, longest silent first."""
        heard_at = func.coalesce(JobRow.heard_at, JobRow.queued_at)
        silent = select(JobRow).where(
            JobRow.state.in_(ACTIVE),
            JobRow.dispatch_ref.is_not(None),
            heard_at < since,
        )
        async with self._sessions() as session:
            return [job_of(row) for row in await session.scalars(silent.order_by(heard_at).limit(limit))]

    async def stubborn_jobs(self, since: datetime) -> list[JobRecord]:
        """Jobs whose worker was told to stop before then and which nothing has changed since."""
        told = (JobRow.state == JobState.RUNNING.value, JobRow.cancel_requested, JobRow.updated_at < since)
        async with self._sessions() as session:
            return [job_of(row) for row in await session.scalars(select(JobRow).where(*told))]

    async def undispatched_jobs(self, *, limit: int = 100) -> list[JobPayload]:
        """Queued jobs that no engine has yet, oldest first."""
        waiting = (
            select(JobRow, RecordingRow.source_key)
            .join(RecordingRow, RecordingRow.id == JobRow.recording_id)
            .where(JobRow.state == JobState.QUEUED.value, JobRow.dispatch_ref.is_(None))
            .order_by(JobRow.created_at, JobRow.id)
            .limit(limit)
        )
        async with self._sessions() as session:
            return [JobPayload.of(job_of(row), source_key) for row, source_key in await session.execute(waiting)]

    async def _active_job(self, recording_id: UUID, strategy: str) -> JobRecord | None:
        active = select(JobRow).where(
            JobRow.recording_id == recording_id, JobRow.strategy == strategy, JobRow.state.in_(ACTIVE)
        )
        async with self._sessions() as session:
            row = await session.scalar(active)
            return None if row is None else job_of(row)

    async def _job(self, session: AsyncSession, job_id: UUID) -> JobRecord:
        row = await session.get(JobRow, job_id)
        if row is None:
            raise NotFound("job", str(job_id))
        return job_of(row)

    async def _read_versions(self, job_ids: Sequence[UUID]) -> list[JobVersion | None]:
        found = await versions_of(self._sessions, set(job_ids))
        return [found.get(job_id) for job_id in job_ids]


ACTIVE = tuple(state.value for state in JobState if not state.final)
"""The states of jobs that wait or run, as the column has them."""


_QUEUE = (
    select(JobRow.id, func.row_number().over(order_by=(JobRow.queued_at, JobRow.id)).label("place"))
    .where(JobRow.state == JobState.QUEUED.value)
    .subquery()
)
"""Queued jobs with their places: 1 is next."""


WITH_PLACES = select(JobRow, _QUEUE.c.place).outerjoin(_QUEUE, _QUEUE.c.id == JobRow.id)
"""Jobs, each with its place in the queue; narrowed, `placed` takes it."""


_VERSIONS = (
    select(JobRow.id, JobRow.last_event, _QUEUE.c.place)
    .outerjoin(_QUEUE, _QUEUE.c.id == JobRow.id)
    .where(JobRow.id.in_(bindparam("jobs", expanding=True)))
)


def job_of(row: JobRow, place: int | None = None) -> JobRecord:
    return JobRecord(
        **row.status,
        id=row.id,
        recording_id=row.recording_id,
        profile=row.profile,
        strategy=row.strategy,
        tree=row.tree,
        expected_stems=tuple(row.expected_stems),
        options=RunOptions.model_validate(row.options),
        attempt=row.attempt,
        cancel_requested=row.cancel_requested,
        dispatch_ref=row.dispatch_ref,
        nonce=row.nonce,
        last_event=row.last_event,
        created_at=row.created_at,
        requeues=row.requeues,
        queue_position=place,
    )


def event_of(row: EventRow, job: JobRecord) -> EventRecord:
    """job: the same job at any time; what changes of it is taken from the event."""
    status = JobStatus.model_validate(row.status)
    then = {name: getattr(status, name) for name in JobStatus.model_fields} | {"last_event": row.number}
    return EventRecord(job_id=row.job_id, number=row.number, type=row.type, at=row.at, job=job.model_copy(update=then))


def track_of(row: TrackRow) -> TrackRecord:
    return TrackRecord(
        job_id=row.job_id,
        record=StemRecord.model_validate(row.record),
        streaminfo=row.streaminfo,
        block_size=row.block_size,
        overview=tuple(row.overview),
    )


async def placed(session: AsyncSession, which: Select[JobRow, Any]) -> list[JobRecord]:
    """The jobs that a narrower `WITH_PLACES` finds; queued ones with their place in the queue."""
    return [job_of(row, place) for row, place in await session.execute(which)]


async def versions_of(sessions: Sessions, job_ids: Collection[UUID]) -> dict[UUID, JobVersion]:
    """Of those jobs that exist."""
    async with sessions() as session:
        found = await session.execute(_VERSIONS, {"jobs": list(job_ids)})
        return {job_id: JobVersion(number, place) for job_id, number, place in found}


async def latest_jobs(session: AsyncSession, recordings: Sequence[UUID]) -> dict[UUID, JobRecord]:
    """The newest job of each of these recordings that has any."""
    newest_first = func.row_number().over(
        partition_by=JobRow.recording_id, order_by=(JobRow.created_at.desc(), JobRow.id.desc())
    )
    ranked = select(JobRow.id, newest_first.label("age")).where(JobRow.recording_id.in_(recordings)).subquery()
    latest = WITH_PLACES.join(ranked, ranked.c.id == JobRow.id).where(ranked.c.age == 1)
    return {job.recording_id: job for job in await placed(session, latest)}


LEASE_S = 60.0
"""How long a hand-over may take before it counts as lost."""


_SOURCE_KEY = select(RecordingRow.source_key).where(RecordingRow.id == JobRow.recording_id).scalar_subquery()


async def claim(sessions: Sessions, *, lease_s: float = LEASE_S, limit: int = 20) -> list[JobPayload]:
    """Queued jobs that no engine has and nobody else is handing over, oldest first; ours to hand over now."""
    now = datetime.now(UTC)
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
    claims = (
        update(JobRow)
        .where(JobRow.id.in_(select(oldest.c.id)), *free)
        # A nonce tells the hand-overs of one job apart; that several jobs have the same does no harm.
        .values(nonce=new_nonce(), claimed_at=now)
        .returning(JobRow, _SOURCE_KEY)
        .execution_options(synchronize_session=False)
    )
    async with sessions() as session:
        claimed = [(job_of(row), source_key) for row, source_key in await session.execute(claims)]
        await session.commit()
    claimed.sort(key=lambda one: (one[0].created_at, one[0].id))
    return [JobPayload.of(job, source_key) for job, source_key in claimed]
