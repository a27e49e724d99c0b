"""`JobService`: what the service knows and decides about jobs.

Every change of a job is one transaction whose first statement is a compare-and-set on the job's row. It takes
the write lock, so numbering needs no other lock on SQLite or PostgreSQL; whoever loses the race reads again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, cast
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import CursorResult, Update, delete, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from stemset.errors import ConfigError, Conflict, NotFound, Unavailable
from stemset.jobs import transitions
from stemset.jobs.claims import claim
from stemset.jobs.estimates import LAST_RUNS, expecting, measured_paces
from stemset.jobs.messages import MAX_PAYLOAD_BYTES, JobPayload, Report, Started, TrackReady
from stemset.jobs.records import (
    EventRecord,
    JobRecord,
    JobState,
    JobStatus,
    JobVersion,
    NodeStatus,
    RunOptions,
    TrackRecord,
    new_nonce,
)
from stemset.jobs.rows import Sessions, job_of, versions_of, with_positions
from stemset.jobs.shared_reads import SharedReads
from stemset.jobs.tables import EventRow, JobRow, RecordingRow, TrackRow
from stemset.manifest import MIXTURE, StemRecord

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


def new_id() -> UUID:
    """A UUIDv7: rising with time."""
    return uuid7()


class JobService:
    """One per process. Raises NotFound for an unknown id, Unavailable when a job changes faster than we can."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._versions = SharedReads(partial(versions_of, sessions))
        self._paces: Mapping[str, float] | None = None
        """Of models, as last read; None after a job that may have changed them."""

    async def create_job(
        self,
        recording_id: UUID,
        *,
        strategy: str,
        tree: Mapping[str, JsonValue],
        nodes: Sequence[NodeStatus],
        expected_stems: Collection[str],
        options: RunOptions,
        force: bool = False,
        dispatch_ref: str | None = None,
    ) -> JobRecord:
        """A queued job, not yet handed to a worker. Where this strategy is queued, running or done on this recording,
        that job; force: also where it is done, but not while it is queued or running.

        tree, nodes, expected_stems: of the strategy as it is now; a later edit of config.yaml doesn't change the job.
        dispatch_ref: names whoever runs a new job; the outbox leaves it alone then.
        Raises ConfigError for a tree that is too large to hand over.
        """
        async with self._sessions() as session:
            recording = await session.get(RecordingRow, recording_id)
        if recording is None:
            raise NotFound("recording", str(recording_id))
        if not force and (done := await self.done_job(recording_id, strategy, dict(tree), options)):
            return done
        now = _now()
        job = JobRecord(
            id=new_id(),
            recording_id=recording_id,
            profile=recording.profile,
            strategy=strategy,
            tree=dict(tree),
            nodes=expecting(nodes, recording.duration_s, await self._measured_paces()),
            expected_stems=tuple(expected_stems),
            options=options,
            attempt=1,
            cancel_requested=False,
            dispatch_ref=dispatch_ref,
            nonce=new_nonce(),
            last_event=1,
            created_at=now,
        )
        if len(JobPayload.of(job, recording.source_key).model_dump_json()) > MAX_PAYLOAD_BYTES:
            raise ConfigError(f"strategies.{strategy}", f"its tree is larger than {MAX_PAYLOAD_BYTES} bytes")
        for _ in range(_MAX_RACES):
            try:
                async with self._sessions.begin() as session:
                    session.add(_job_row(job))
                    await session.flush()
                    session.add(_event_row(job.id, 1, _Change("created", transitions.status_of(job)), now))
                    return (await with_positions(session, [job]))[0]
            except IntegrityError:
                if active := await self._active_job(recording_id, strategy):
                    return active
        raise _too_many_races(job.id)

    async def job_version(self, job_id: UUID) -> JobVersion:
        """What changes whenever the job does. A hundred who poll at once cost little more than one."""
        version = await self._versions.get(job_id)
        if version is None:
            raise NotFound("job", str(job_id))
        return version

    async def get_job(self, job_id: UUID) -> JobRecord:
        async with self._sessions() as session:
            return (await with_positions(session, [await self._job(session, job_id)]))[0]

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
        page = select(JobRow).where(*matching).order_by(JobRow.created_at.desc(), JobRow.id.desc())
        async with self._sessions() as session:
            total = await session.scalar(select(func.count()).select_from(JobRow).where(*matching))
            rows = (await session.scalars(page.limit(limit).offset(offset))).all()
            return await with_positions(session, [job_of(row) for row in rows]), total or 0

    async def count_jobs(self) -> Mapping[JobState, int]:
        """State -> number of jobs, for every state."""
        counts = select(JobRow.state, func.count()).group_by(JobRow.state)
        async with self._sessions() as session:
            found = {JobState(state): count for state, count in await session.execute(counts)}
        return {state: found.get(state, 0) for state in JobState}

    async def latest_job(self, recording_id: UUID, *, playable: bool = False) -> JobRecord | None:
        """The newest job of a recording; if playable, the newest whose mixture can be played."""
        jobs = select(JobRow).where(JobRow.recording_id == recording_id)
        if playable:
            mixture = select(TrackRow.job_id).where(TrackRow.job_id == JobRow.id, TrackRow.name == MIXTURE)
            jobs = jobs.where(mixture.exists())
        async with self._sessions() as session:
            row = await session.scalar(jobs.order_by(JobRow.created_at.desc(), JobRow.id.desc()).limit(1))
            return None if row is None else (await with_positions(session, [job_of(row)]))[0]

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

    async def claim_jobs(self) -> list[JobPayload]:
        """Queued jobs for this process alone to hand over; see `claims`."""
        return await claim(self._sessions)

    async def mark_dispatched(self, payload: JobPayload, ref: str) -> bool:
        """The engine has this hand-over, under the name ref; False where it doesn't count any more."""
        this = (JobRow.id == payload.job_id, JobRow.attempt == payload.attempt, JobRow.nonce == payload.nonce)
        # The run itself may have told its name before we do.
        unnamed = or_(JobRow.dispatch_ref.is_(None), JobRow.dispatch_ref == ref)
        active = JobRow.state.in_([state.value for state in JobState if not state.final])
        async with self._sessions.begin() as session:
            return await _changed_one(session, update(JobRow).where(*this, unnamed, active).values(dispatch_ref=ref))

    # Reconciler ------------------------------------------------------------------------------------------

    async def silent_jobs(self, since: datetime, *, limit: int = 500) -> list[JobRecord]:
        """Jobs that an engine has and of which nothing was heard since then, longest silent first."""
        heard_at = func.coalesce(JobRow.heard_at, JobRow.queued_at)
        silent = select(JobRow).where(
            JobRow.state.in_([state.value for state in JobState if not state.final]),
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
            self._paces = None
        return _event(row, after)

    async def _ask_to_stop(self, job: JobRecord, now: datetime) -> bool:
        running = (JobRow.id == job.id, JobRow.attempt == job.attempt, JobRow.state == JobState.RUNNING.value)
        async with self._sessions.begin() as session:
            return await _changed_one(
                session, update(JobRow).where(*running).values(cancel_requested=True, updated_at=now)
            )

    async def _heard(self, job: JobRecord, now: datetime) -> None:
        """A worker that has nothing new to say is there nevertheless."""
        heard = update(JobRow).where(JobRow.id == job.id, JobRow.attempt == job.attempt).values(heard_at=now)
        if not job.state.final:
            async with self._sessions.begin() as session:
                await session.execute(heard.execution_options(synchronize_session=False))

    async def _job(self, session: AsyncSession, job_id: UUID) -> JobRecord:
        row = await session.get(JobRow, job_id)
        if row is None:
            raise NotFound("job", str(job_id))
        return job_of(row)

    async def done_job(
        self, recording_id: UUID, strategy: str, tree: dict[str, JsonValue], options: RunOptions
    ) -> JobRecord | None:
        """The newest job that succeeded with just this tree and bit depth."""
        succeeded = select(JobRow).where(
            JobRow.recording_id == recording_id,
            JobRow.strategy == strategy,
            JobRow.state == JobState.SUCCEEDED.value,
        )
        async with self._sessions() as session:
            rows = await session.scalars(succeeded.order_by(JobRow.created_at.desc(), JobRow.id.desc()))
            jobs = [job_of(row) for row in rows]
        same = (job for job in jobs if job.tree == tree and job.options.bit_depth == options.bit_depth)
        return next(same, None)

    async def _measured_paces(self) -> Mapping[str, float]:
        if self._paces is None:
            last = (
                select(JobRow.status, RecordingRow.duration_s)
                .join(RecordingRow, RecordingRow.id == JobRow.recording_id)
                .where(JobRow.state == JobState.SUCCEEDED.value)
                .order_by(JobRow.created_at.desc())
                .limit(LAST_RUNS)
            )
            async with self._sessions() as session:
                runs = [(JobStatus.model_validate(status), s) for status, s in await session.execute(last)]
            self._paces = measured_paces(runs)
        return self._paces

    async def _active_job(self, recording_id: UUID, strategy: str) -> JobRecord | None:
        active = select(JobRow).where(
            JobRow.recording_id == recording_id,
            JobRow.strategy == strategy,
            JobRow.state.in_([state.value for state in JobState if not state.final]),
        )
        async with self._sessions() as session:
            row = await session.scalar(active)
            return None if row is None else (await with_positions(session, [job_of(row)]))[0]


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
        nonce=job.nonce,
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
