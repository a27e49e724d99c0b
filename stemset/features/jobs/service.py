"""`JobService`: what the service knows and decides about jobs.

Every change of a job is one transaction whose first statement is a compare-and-set on the job's row. It takes
the write lock, so numbering needs no other lock on SQLite or PostgreSQL; whoever loses the race reads again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import CursorResult, Update, delete, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from stemset.database.sessions import Sessions
from stemset.database.tables import EventRow, JobRow, RecordingRow, TrackRow
from stemset.errors import Conflict, Unavailable
from stemset.features.jobs import transitions
from stemset.features.jobs.creation import Intake, NewJob
from stemset.features.jobs.messages import JobPayload, Report, Started, TrackReady
from stemset.features.jobs.records import EventRecord, JobRecord, JobState, JobStatus, Plan, TrackRecord, new_nonce
from stemset.features.jobs.repository import ACTIVE, JobReads, claim, event_of
from stemset.manifest import MIXTURE

_OF_AN_ATTEMPT = ("attempt", "nonce", "cancel_requested", "dispatch_ref", "requeues")

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
    """A change of one job, to be stored with its event. requeues: given, the change begins the next attempt. run: the
    engine's name for what runs it, told by the run itself: who handed it over may have died before it was stored."""

    type: str
    status: JobStatus
    message_id: str | None = None
    track: TrackRecord | None = None
    requeues: int | None = None
    run: str | None = None

    def job_after(self, job: JobRecord) -> JobRecord:
        """What becomes of job, which has the change still before it."""
        update = {name: getattr(self.status, name) for name in JobStatus.model_fields}
        update |= {"last_event": job.last_event + 1, "queue_position": None}
        if self.requeues is not None:
            begun = {"attempt": job.attempt + 1, "cancel_requested": False, "dispatch_ref": None}
            update |= begun | {"requeues": self.requeues, "nonce": new_nonce()}
        if self.run is not None and job.dispatch_ref is None:
            update["dispatch_ref"] = self.run
        return job.model_copy(update=update)


class JobService(JobReads):
    """One per process. Raises NotFound for an unknown id, Unavailable when a job changes faster than we can."""

    def __init__(self, sessions: Sessions) -> None:
        super().__init__(sessions)
        self._intake = Intake(sessions)

    async def create_job(
        self,
        recording_id: UUID,
        plan_for: Callable[[str], Plan],
        *,
        force: bool = False,
        dispatch_ref: str | None = None,
    ) -> JobRecord:
        """A queued job, not yet handed to a worker. Where its strategy is queued, running or done on this recording,
        that job; force: also where it is done, but not while it is queued or running.

        plan_for: what the job is to do, given the name of the recording's profile.
        dispatch_ref: names whoever runs a new job; the outbox leaves it alone then.
        Raises ConfigError for a tree that is too large to hand over.
        """
        return await self._intake.take(NewJob(recording_id, plan_for, force, dispatch_ref))

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
                await self._heard(job, now)
                return Applied(job, None, transitions.must_stop(job))
            change = _Change(report.event.type, status, message_id, _reported_track(report), run=_run_of(report))
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

    async def retry(self, job_id: UUID) -> JobRecord:
        """The next attempt of a job that failed or was cancelled, queued. Raises Conflict for one in another state,
        and while another job of the same strategy on the same recording is queued or running."""
        for _ in range(_MAX_RACES):
            job = await self.get_job(job_id)
            change = _Change("retried", transitions.retried(job), requeues=0)
            try:
                if await self._commit(job, change, _now()):
                    return await self.get_job(job_id)
            except IntegrityError:
                if active := await self._active_job(job.recording_id, job.strategy):
                    raise Conflict(f"Job {active.id} does the same already; it is {active.state.value}.") from None
        raise _too_many_races(job_id)

    # Outbox ----------------------------------------------------------------------------------------------

    async def claim_jobs(self, *, limit: int = 20) -> list[JobPayload]:
        """Queued jobs for this process alone to hand over; see `claims`."""
        return await claim(self._sessions, limit=limit)

    async def mark_dispatched(self, payload: JobPayload, ref: str) -> bool:
        """The engine has this hand-over, under the name ref; False where it doesn't count any more."""
        this = (JobRow.id == payload.job_id, JobRow.attempt == payload.attempt, JobRow.nonce == payload.nonce)
        # The run itself may have told its name before we do.
        unnamed = or_(JobRow.dispatch_ref.is_(None), JobRow.dispatch_ref == ref)
        active = JobRow.state.in_(ACTIVE)
        return await self._changes_one(update(JobRow).where(*this, unnamed, active).values(dispatch_ref=ref))

    # Reconciler ------------------------------------------------------------------------------------------

    async def requeue(self, job: JobRecord) -> JobRecord | None:
        """The next attempt of a job whose worker was lost, queued; None where the job has moved on since."""
        change = _Change("requeued", transitions.requeued(job), requeues=job.requeues + 1)
        event = await self._commit(job, change, _now())
        return event.job if event else None

    # Rows ------------------------------------------------------------------------------------------------

    async def _commit(self, seen: JobRecord, change: _Change, now: datetime) -> EventRecord | None:
        """Store a change of the job as it was seen, with its event; None when the job has moved on since."""
        after = change.job_after(seen)
        values: dict[str, Any] = {
            "state": after.state.value,
            "status": change.status.model_dump(mode="json"),
            "last_event": after.last_event,
            "updated_at": now,
        }
        if change.message_id is not None:
            values["heard_at"] = now
        if after.attempt != seen.attempt:
            begun = {name: getattr(after, name) for name in _OF_AN_ATTEMPT}
            values |= begun | {"queued_at": now, "heard_at": None, "claimed_at": None}
        elif after.dispatch_ref != seen.dispatch_ref:
            values["dispatch_ref"] = after.dispatch_ref
        compare_and_set = (
            update(JobRow)
            .where(JobRow.id == seen.id, JobRow.last_event == seen.last_event, JobRow.attempt == seen.attempt)
            .values(**values)
        )
        async with self._sessions.begin() as session:
            if not await _changed_one(session, compare_and_set):
                return None
            session.add(row := _event_row(seen.id, after.last_event, change, now))
            if change.track is not None:
                await _replace_track(session, seen, change.track)
        if after.state is JobState.SUCCEEDED:
            self._intake.forget_paces()
        return event_of(row, after)

    async def _ask_to_stop(self, job: JobRecord, now: datetime) -> bool:
        running = (JobRow.id == job.id, JobRow.attempt == job.attempt, JobRow.state == JobState.RUNNING.value)
        return await self._changes_one(update(JobRow).where(*running).values(cancel_requested=True, updated_at=now))

    async def _heard(self, job: JobRecord, now: datetime) -> None:
        """A worker that has nothing new to say is there nevertheless."""
        heard = update(JobRow).where(JobRow.id == job.id, JobRow.attempt == job.attempt).values(heard_at=now)
        if not job.state.final:
            await self._changes_one(heard)

    async def _changes_one(self, statement: Update) -> bool:
        async with self._sessions() as session:
            changed = await _changed_one(session, statement)
            await session.commit()
        return changed


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


def _run_of(report: Report) -> str | None:
    return report.event.run if isinstance(report.event, Started) else None


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


def _event_row(job_id: UUID, number: int, change: _Change, now: datetime) -> EventRow:
    return EventRow(
        job_id=job_id,
        number=number,
        type=change.type,
        message_id=change.message_id,
        status=change.status.model_dump(mode="json"),
        at=now,
    )
