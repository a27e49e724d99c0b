"""`JobService`: what the service knows and decides about recordings and jobs. The API's handlers call only this.

Every change of a job is one transaction whose first statement is a compare-and-set on the job's row. It takes
the write lock, so numbering needs no other lock on SQLite or PostgreSQL; whoever loses the race reads again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from uuid_utils.compat import uuid7

from stemset.errors import NotFound, Unavailable
from stemset.jobs import transitions
from stemset.jobs.messages import JobPayload, Report, TrackReady
from stemset.jobs.records import (
    MIXTURE,
    EventRecord,
    Failure,
    JobRecord,
    JobState,
    JobStatus,
    NewRecording,
    NodeStatus,
    RecordingRecord,
    RunOptions,
    TrackRecord,
)
from stemset.jobs.tables import EventRow, JobRow, RecordingRow, TrackRow

Sessions: TypeAlias = async_sessionmaker[AsyncSession]

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

    # Recordings ------------------------------------------------------------------------------------------

    async def add_recording(self, recording: NewRecording) -> RecordingRecord:
        """Its bytes are stored already, under `recording.source_key`."""
        now = _now()
        async with self._sessions.begin() as session:
            session.add(RecordingRow(**recording.model_dump(), overview=[], created_at=now))
        return RecordingRecord(**recording.model_dump(), created_at=now, overview=(), latest_job=None)

    async def get_recording(self, recording_id: UUID) -> RecordingRecord:
        async with self._sessions() as session:
            row = await session.get(RecordingRow, recording_id)
            if row is None:
                raise NotFound("recording", str(recording_id))
            latest = await self._latest_jobs(session, [row.id])
        return _recording(row, latest.get(row.id))

    async def list_recordings(
        self, profile: str | None = None, *, limit: int = 50, offset: int = 0
    ) -> tuple[list[RecordingRecord], int]:
        """A page of recordings, newest first, each with its latest job; and how many there are in all."""
        matching = RecordingRow.profile == profile if profile is not None else RecordingRow.profile.is_not(None)
        async with self._sessions() as session:
            total = await session.scalar(select(func.count()).select_from(RecordingRow).where(matching))
            page = select(RecordingRow).where(matching).order_by(RecordingRow.created_at.desc(), RecordingRow.id.desc())
            rows = (await session.scalars(page.limit(limit).offset(offset))).all()
            latest = await self._latest_jobs(session, [row.id for row in rows])
        return [_recording(row, latest.get(row.id)) for row in rows], total or 0

    async def count_recordings(self) -> Mapping[str, int]:
        """Profile name -> number of recordings, for profiles that have any."""
        async with self._sessions() as session:
            rows = await session.execute(select(RecordingRow.profile, func.count()).group_by(RecordingRow.profile))
            return {profile: count for profile, count in rows}  # noqa: C416 - rows are Row objects, not tuples

    # Jobs ------------------------------------------------------------------------------------------------

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
        running, that one."""
        raise NotImplementedError

    async def get_job(self, job_id: UUID) -> JobRecord:
        raise NotImplementedError

    async def latest_job(self, recording_id: UUID, *, playable: bool = False) -> JobRecord | None:
        """The newest job of a recording; if playable, the newest whose mixture can be played."""
        raise NotImplementedError

    async def tracks(self, job_id: UUID) -> tuple[TrackRecord | None, list[TrackRecord]]:
        """The mixture's track if it is ready, and those of the ready stems in the strategy's order."""
        raise NotImplementedError

    async def events_after(self, job_id: UUID, number: int = 0, *, limit: int = 500) -> list[EventRecord]:
        """Events numbered above `number`, in order."""
        raise NotImplementedError

    async def apply(self, report: Report, message_id: str) -> Applied:
        """Apply a worker's report once, however often and in whatever order it comes.

        Raises StaleAttempt when the worker that sends it has lost the job.
        """
        raise NotImplementedError

    async def request_cancel(self, job_id: UUID) -> JobRecord:
        """A queued job is cancelled at once; the worker of a running one is told at its next report. Asking again,
        or after the job's end, changes nothing."""
        raise NotImplementedError

    async def fail(self, job_id: UUID, failure: Failure) -> JobRecord:
        """Give a job up from the service's side; nothing happens when it is over already."""
        raise NotImplementedError

    # Outbox ----------------------------------------------------------------------------------------------

    async def undispatched_jobs(self, *, limit: int = 100) -> list[JobPayload]:
        """Queued jobs that no engine has yet, oldest first."""
        raise NotImplementedError

    async def mark_dispatched(self, job_id: UUID, attempt: int, ref: str) -> None:
        raise NotImplementedError
