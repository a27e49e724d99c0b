"""Rows as the values of `records`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from stemset.jobs.records import (
    EventRecord,
    JobRecord,
    JobState,
    JobStatus,
    JobVersion,
    NewRecording,
    RecordingRecord,
    RunOptions,
    TrackRecord,
)
from stemset.jobs.sessions import Sessions
from stemset.jobs.tables import EventRow, JobRow, RecordingRow, TrackRow
from stemset.manifest import StemRecord

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


def recording_of(row: RecordingRow, latest_job: JobRecord | None) -> RecordingRecord:
    known = {name: getattr(row, name) for name in NewRecording.model_fields}
    return RecordingRecord(
        **known,
        created_at=row.created_at,
        overview=tuple(row.overview),
        tags=tuple(row.tags),
        latest_job=latest_job,
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
