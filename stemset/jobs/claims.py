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
from stemset.jobs.rows import job_of
from stemset.jobs.sessions import Sessions
from stemset.jobs.tables import JobRow, RecordingRow

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
