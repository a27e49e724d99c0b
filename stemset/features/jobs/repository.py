"""`JobReads`: what can be asked about jobs."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from stemset.errors import NotFound
from stemset.jobs.messages import JobPayload
from stemset.jobs.records import EventRecord, JobRecord, JobState, JobVersion, Plan, TrackRecord
from stemset.jobs.rows import ACTIVE, WITH_PLACES, event_of, job_of, placed, track_of, versions_of
from stemset.jobs.sessions import Sessions
from stemset.jobs.tables import EventRow, JobRow, RecordingRow, TrackRow
from stemset.jobs.together import Together
from stemset.manifest import MIXTURE


class JobReads:
    """One per process. Raises NotFound for an unknown id."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._versions = Together(self._read_versions)

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
