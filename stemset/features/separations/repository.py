"""`TrackRepository`: which tracks separations have made; `SeparationKind` stores them."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import select

from stemset.database.sessions import Sessions
from stemset.database.tables import JobRow, TrackRow
from stemset.features.jobs.records import JobRecord
from stemset.features.jobs.repository import NEWEST_FIRST, PLACED_JOBS, job_of, read_placed_jobs
from stemset.features.separations.records import SEPARATION, TrackRecord
from stemset.manifest import MIXTURE, StemRecord


class TrackRepository:
    """Reads tracks. One per process."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def find_tracks(self, job_id: UUID) -> tuple[JobRecord, Mapping[str, TrackRecord]] | None:
        """The job, without its place in the queue, and its tracks by their names; None for an unknown job."""
        async with self._sessions() as session:
            row = await session.get(JobRow, job_id)
            tracks = (await session.scalars(select(TrackRow).where(TrackRow.job_id == job_id))).all()
        return None if row is None else (job_of(row), {track.name: _track_of(track) for track in tracks})

    async def find_latest(self, recording_id: UUID, *, playable: bool) -> JobRecord | None:
        """The recording's newest separation; if playable, the newest whose mixture can be played."""
        jobs = PLACED_JOBS.where(JobRow.recording_id == recording_id, JobRow.kind == SEPARATION)
        if playable:
            mixture = select(TrackRow.job_id).where(TrackRow.job_id == JobRow.id, TrackRow.name == MIXTURE)
            jobs = jobs.where(mixture.exists())
        async with self._sessions() as session:
            newest = await read_placed_jobs(session, jobs.order_by(*NEWEST_FIRST).limit(1))
        return newest[0] if newest else None


def _track_of(row: TrackRow) -> TrackRecord:
    return TrackRecord(
        job_id=row.job_id,
        record=StemRecord.model_validate(row.record),
        streaminfo=row.streaminfo,
        block_size=row.block_size,
        overview=tuple(row.overview),
    )
