"""`Library`: what the service knows of recordings."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import func, select

from stemset.errors import NotFound
from stemset.jobs.records import NewRecording, RecordingRecord
from stemset.jobs.rows import Sessions, latest_jobs, recording_of
from stemset.jobs.tables import RecordingRow


class RecordingSort(StrEnum):
    """The orders of a list of recordings; `-` is falling."""

    OLDEST = "created"
    NEWEST = "-created"
    TITLE = "title"
    TITLE_FALLING = "-title"
    SHORTEST = "duration"
    LONGEST = "-duration"


class Library:
    """One per process. Raises NotFound for an unknown id."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def add(self, recording: NewRecording) -> RecordingRecord:
        """Its bytes are stored already, under `recording.source_key`."""
        now = datetime.now(UTC)
        async with self._sessions.begin() as session:
            session.add(RecordingRow(**recording.model_dump(), overview=[], created_at=now))
        return RecordingRecord(**recording.model_dump(), created_at=now, overview=(), latest_job=None)

    async def get(self, recording_id: UUID) -> RecordingRecord:
        async with self._sessions() as session:
            row = await session.get(RecordingRow, recording_id)
            if row is None:
                raise NotFound("recording", str(recording_id))
            latest = await latest_jobs(session, [row.id])
        return recording_of(row, latest.get(row.id))

    async def page(
        self, profile: str | None = None, *, limit: int = 50, offset: int = 0
    ) -> tuple[list[RecordingRecord], int]:
        """A page of recordings, newest first, each with its latest job; and how many there are in all."""
        matching = RecordingRow.profile == profile if profile is not None else RecordingRow.profile.is_not(None)
        async with self._sessions() as session:
            total = await session.scalar(select(func.count()).select_from(RecordingRow).where(matching))
            page = select(RecordingRow).where(matching).order_by(RecordingRow.created_at.desc(), RecordingRow.id.desc())
            rows = (await session.scalars(page.limit(limit).offset(offset))).all()
            latest = await latest_jobs(session, [row.id for row in rows])
        return [recording_of(row, latest.get(row.id)) for row in rows], total or 0

    async def count(self) -> Mapping[str, int]:
        """Profile name -> number of recordings, for profiles that have any."""
        async with self._sessions() as session:
            rows = await session.execute(select(RecordingRow.profile, func.count()).group_by(RecordingRow.profile))
            return {profile: count for profile, count in rows}  # noqa: C416 - rows are Row objects, not tuples
