"""`JobService`: what the service knows and decides about jobs.

Every change of a job is one transaction whose first statement is a compare-and-set on the job's row. It takes
the write lock, so numbering needs no other lock on SQLite or PostgreSQL; whoever loses the race reads again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import CursorResult, Update, delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from stemset.errors import ConfigError, NotFound, Unavailable
from stemset.jobs import transitions
from stemset.jobs.messages import MAX_PAYLOAD_BYTES, JobPayload, Report, TrackReady
from stemset.jobs.records import (
    EventRecord,
    JobRecord,
    JobState,
    JobStatus,
    NodeStatus,
    RunOptions,
    TrackRecord,
)
from stemset.jobs.rows import Sessions, job_of
from stemset.jobs.tables import EventRow, JobRow, RecordingRow, TrackRow
from stemset.manifest import MIXTURE, StemRecord

# Losing the race this often in a row means that something else is wrong.
_MAX_RACES = 50


@dataclass(frozen=True)
class Applied:
    """What a report did. event: None when it changed nothing. cancel: what the callback answers."""

    job: JobRecord
    event: EventRecord | None
    cancel: bool


@dataclass(frozen=True)
class _Change:
    """A change of one job, to be stored with its event."""

    type: str
    status: JobStatus
    message_id: str | None = None
    track: TrackRecord | None = None


def new_id() -> UUID:
    """A UUIDv7: rising with time."""
    return uuid7()


class JobService:
    """One per process. Raises NotFound for an unknown id, Unavailable when a job changes faster than we can."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def create_job(
        self,
        recording_id: UUID,
        *,
        strategy: str,
        tree: Mapping[str, JsonValue],
        nodes: Sequence[NodeStatus],
        expected_stems: Collection[str],
        options: RunOptions,
    ) -> JobRecord:
        """A queued job, not yet handed to a worker. While one of this strategy on this recording is queued or
        running, that one.

        tree, nodes, expected_stems: of the strategy as it is now; a later edit of config.yaml doesn't change the job.
        Raises ConfigError for a tree that is too large to hand over.
        """
        async with self._sessions() as session:
            recording = await session.get(RecordingRow, recording_id)
        if recording is None:
            raise NotFound("recording", str(recording_id))
        now = _now()
        job = JobRecord(
            id=new_id(),
            recording_id=recording_id,
            profile=recording.profile,
            strategy=strategy,
            tree=dict(tree),
            nodes=tuple(nodes),
            expected_stems=tuple(expected_stems),
            options=options,
            attempt=1,
            cancel_requested=False,
            dispatch_ref=None,
            last_event=1,
            created_at=now,
        )
        if len(_payload(job, recording.source_key).model_dump_json()) > MAX_PAYLOAD_BYTES:
            raise ConfigError(f"strategies.{strategy}", f"its tree is larger than {MAX_PAYLOAD_BYTES} bytes")
        for _ in range(_MAX_RACES):
            try:
                async with self._sessions.begin() as session:
                    session.add(_job_row(job))
                    await session.flush()
                    session.add(_event_row(job.id, 1, _Change("created", transitions.status_of(job)), now))
            except IntegrityError:
                if active := await self._active_job(recording_id, strategy):
                    return active
            else:
                return job
        raise _too_many_races(job.id)

    async def get_job(self, job_id: UUID) -> JobRecord:
        async with self._sessions() as session:
            return await self._job(session, job_id)

    async def latest_job(self, recording_id: UUID, *, playable: bool = False) -> JobRecord | None:
        """The newest job of a recording; if playable, the newest whose mixture can be played."""
        jobs = select(JobRow).where(JobRow.recording_id == recording_id)
        if playable:
            mixture = select(TrackRow.job_id).where(TrackRow.job_id == JobRow.id, TrackRow.name == MIXTURE)
            jobs = jobs.where(mixture.exists())
        async with self._sessions() as session:
            row = await session.scalar(jobs.order_by(JobRow.created_at.desc(), JobRow.id.desc()).limit(1))
        return None if row is None else job_of(row)

    async def tracks(self, job_id: UUID) -> tuple[TrackRecord | None, list[TrackRecord]]:
        """The mixture's track if it is ready, and those of the ready stems in the strategy's order."""
        async with self._sessions() as session:
            job = await self._job(session, job_id)
            rows = (await session.scalars(select(TrackRow).where(TrackRow.job_id == job_id))).all()
        tracks = {row.name: _track(row) for row in rows}
        return tracks.get(MIXTURE), [tracks[stem] for stem in job.expected_stems if stem in tracks]

    async def events_after(self, job_id: UUID, number: int = 0, *, limit: int = 500) -> list[EventRecord]:
        """Events numbered above `number`, in order."""
        async with self._sessions() as session:
            job = await self._job(session, job_id)
            found = select(EventRow).where(EventRow.job_id == job_id, EventRow.number > number)
            rows = (await session.scalars(found.order_by(EventRow.number).limit(limit))).all()
        return [_event(row, job) for row in rows]

    async def apply(self, report: Report, message_id: str) -> Applied:
        """Apply a worker's report once, however often and in whatever order it comes.

        Raises StaleAttempt when the worker that sends it has lost the job.
        """
        for _ in range(_MAX_RACES):
            async with self._sessions() as session:
                job = await self._job(session, report.job_id)
                known = await session.scalar(select(EventRow.number).where(EventRow.message_id == message_id))
            transitions.check_attempt(job, report)
            now = _now()
            status = None if known is not None else transitions.after(job, report, now)
            if status is None:
                return Applied(job, None, transitions.must_stop(job))
            change = _Change(report.event.type, status, message_id, _reported_track(report))
            if event := await self._commit(job, change, now):
                return Applied(event.job, event, transitions.must_stop(job))
        raise _too_many_races(report.job_id)

    async def request_cancel(self, job_id: UUID) -> JobRecord:
        """A queued job is cancelled at once; the worker of a running one is told at its next report. Asking again,
        or after the job's end, changes nothing."""
        for _ in range(_MAX_RACES):
            job = await self.get_job(job_id)
            if job.state.final or job.cancel_requested:
                return job
            now = _now()
            if status := transitions.cancelled(job, now):
                if event := await self._commit(job, _Change("cancelled", status), now):
                    return event.job
            elif await self._ask_to_stop(job, now):
                return job.model_copy(update={"cancel_requested": True})
        raise _too_many_races(job_id)

    # Outbox ----------------------------------------------------------------------------------------------

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
            return [_payload(job_of(row), source_key) for row, source_key in await session.execute(waiting)]

    async def mark_dispatched(self, job_id: UUID, attempt: int, ref: str) -> None:
        """The engine has this attempt, under the name ref."""
        mark = update(JobRow).where(JobRow.id == job_id, JobRow.attempt == attempt).values(dispatch_ref=ref)
        async with self._sessions.begin() as session:
            await session.execute(mark)

    # Rows ------------------------------------------------------------------------------------------------

    async def _commit(self, seen: JobRecord, change: _Change, now: datetime) -> EventRecord | None:
        """Store a change of the job as it was seen, with its event; None when the job has moved on since."""
        number = seen.last_event + 1
        compare_and_set = (
            update(JobRow)
            .where(JobRow.id == seen.id, JobRow.last_event == seen.last_event, JobRow.attempt == seen.attempt)
            .values(
                state=change.status.state.value,
                status=change.status.model_dump(mode="json"),
                last_event=number,
                updated_at=now,
            )
        )
        async with self._sessions.begin() as session:
            if not await _changed_one(session, compare_and_set):
                return None
            session.add(row := _event_row(seen.id, number, change, now))
            if change.track is not None:
                await _replace_track(session, seen, change.track)
        return _event(row, seen)

    async def _ask_to_stop(self, job: JobRecord, now: datetime) -> bool:
        running = (JobRow.id == job.id, JobRow.attempt == job.attempt, JobRow.state == JobState.RUNNING.value)
        async with self._sessions.begin() as session:
            return await _changed_one(
                session, update(JobRow).where(*running).values(cancel_requested=True, updated_at=now)
            )

    async def _job(self, session: AsyncSession, job_id: UUID) -> JobRecord:
        row = await session.get(JobRow, job_id)
        if row is None:
            raise NotFound("job", str(job_id))
        return job_of(row)

    async def _active_job(self, recording_id: UUID, strategy: str) -> JobRecord | None:
        active = select(JobRow).where(
            JobRow.recording_id == recording_id,
            JobRow.strategy == strategy,
            JobRow.state.in_([state.value for state in JobState if not state.final]),
        )
        async with self._sessions() as session:
            row = await session.scalar(active)
        return None if row is None else job_of(row)


async def _changed_one(session: AsyncSession, statement: Update) -> bool:
    result = await session.execute(statement.execution_options(synchronize_session=False))
    return cast("CursorResult[Any]", result).rowcount == 1


async def _replace_track(session: AsyncSession, job: JobRecord, track: TrackRecord) -> None:
    await session.execute(delete(TrackRow).where(TrackRow.job_id == job.id, TrackRow.name == track.name))
    session.add(
        TrackRow(
            job_id=job.id,
            name=track.name,
            record=track.record.model_dump(mode="json"),
            streaminfo=track.streaminfo,
            block_size=track.block_size,
            overview=list(track.overview),
        )
    )
    if track.name == MIXTURE:
        overview = update(RecordingRow).where(RecordingRow.id == job.recording_id).values(overview=list(track.overview))
        await session.execute(overview.execution_options(synchronize_session=False))


def _now() -> datetime:
    return datetime.now(UTC)


def _too_many_races(job_id: UUID) -> Unavailable:
    return Unavailable(f"Job {job_id} is changing too fast to be changed; try again.")


def _payload(job: JobRecord, source_key: str) -> JobPayload:
    return JobPayload(
        job_id=job.id,
        attempt=job.attempt,
        recording_id=job.recording_id,
        source_key=source_key,
        strategy=job.strategy,
        tree=job.tree,
        options=job.options,
    )


def _reported_track(report: Report) -> TrackRecord | None:
    if not isinstance(report.event, TrackReady):
        return None
    layout = report.event.layout
    return TrackRecord(
        job_id=report.job_id,
        record=report.event.record,
        streaminfo=layout.streaminfo,
        block_size=layout.block_size,
        overview=layout.overview,
    )


def _job_row(job: JobRecord) -> JobRow:
    return JobRow(
        id=job.id,
        recording_id=job.recording_id,
        profile=job.profile,
        strategy=job.strategy,
        tree=job.tree,
        expected_stems=list(job.expected_stems),
        options=job.options.model_dump(mode="json"),
        state=job.state.value,
        status=transitions.status_of(job).model_dump(mode="json"),
        attempt=job.attempt,
        cancel_requested=job.cancel_requested,
        dispatch_ref=job.dispatch_ref,
        last_event=job.last_event,
        created_at=job.created_at,
        updated_at=job.created_at,
        queued_at=job.created_at,
    )


def _event_row(job_id: UUID, number: int, change: _Change, now: datetime) -> EventRow:
    return EventRow(
        job_id=job_id,
        number=number,
        type=change.type,
        message_id=change.message_id,
        status=change.status.model_dump(mode="json"),
        at=now,
    )


def _event(row: EventRow, job: JobRecord) -> EventRecord:
    """job: the same job at any time; what changes of it is taken from the event."""
    status = JobStatus.model_validate(row.status)
    then = {name: getattr(status, name) for name in JobStatus.model_fields} | {"last_event": row.number}
    return EventRecord(job_id=row.job_id, number=row.number, type=row.type, at=row.at, job=job.model_copy(update=then))


def _track(row: TrackRow) -> TrackRecord:
    return TrackRecord(
        job_id=row.job_id,
        record=StemRecord.model_validate(row.record),
        streaminfo=row.streaminfo,
        block_size=row.block_size,
        overview=tuple(row.overview),
    )
