"""Handing jobs to an engine on which the same payload handed over twice makes two runs.

A process claims a job before it hands it over, so that no two do at once. One that dies in between leaves a claim that
runs out; the next gives the job another nonce. Should the first hand-over have come to a run after all, its reports are
refused: of all runs of an attempt just one counts.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import or_, select, update

from stemset.jobs.messages import JobPayload
from stemset.jobs.records import JobState, new_nonce
from stemset.jobs.rows import Sessions, job_of
from stemset.jobs.tables import JobRow, RecordingRow

LEASE_S = 60.0
"""How long a hand-over may take before it counts as lost."""


async def claim(sessions: Sessions, *, lease_s: float = LEASE_S, limit: int = 20) -> list[JobPayload]:
    """Queued jobs that no engine has and nobody else is handing over, oldest first; ours to hand over now."""
    now = datetime.now(UTC)
    free = (
        JobRow.state == JobState.QUEUED.value,
        JobRow.dispatch_ref.is_(None),
        or_(JobRow.claimed_at.is_(None), JobRow.claimed_at < now - timedelta(seconds=lease_s)),
    )
    oldest = select(JobRow.id).where(*free).order_by(JobRow.created_at, JobRow.id).limit(limit)
    nonce = new_nonce()
    async with sessions.begin() as session:
        # Rows that another process is claiming are left to it; SQLite has one writer anyway.
        ids = (await session.scalars(oldest.with_for_update(skip_locked=True))).all()
        if not ids:
            return []
        # It tells the hand-overs of one job apart; that several jobs have the same does no harm.
        claims = update(JobRow).where(JobRow.id.in_(ids), *free).values(nonce=nonce, claimed_at=now)
        await session.execute(claims.execution_options(synchronize_session=False))
        claimed = (
            select(JobRow, RecordingRow.source_key)
            .join(RecordingRow, RecordingRow.id == JobRow.recording_id)
            .where(JobRow.id.in_(ids), JobRow.nonce == nonce)
            .order_by(JobRow.created_at, JobRow.id)
        )
        return [JobPayload.of(job_of(row), source_key) for row, source_key in await session.execute(claimed)]
