"""Which recordings are too old to be kept."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, select

from stemset.jobs.sessions import Sessions
from stemset.jobs.tables import JobRow, RecordingRow


async def unused_since(sessions: Sessions, before: datetime, *, limit: int = 100) -> list[UUID]:
    """Recordings that were made before then and whose jobs have not changed since, oldest first."""
    used = exists().where(JobRow.recording_id == RecordingRow.id, JobRow.updated_at >= before)
    old = select(RecordingRow.id).where(RecordingRow.created_at < before, ~used)
    async with sessions() as session:
        return list(await session.scalars(old.order_by(RecordingRow.created_at).limit(limit)))
