"""New jobs. All that are asked for at once are stored in one transaction: a hundred cost little more than one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import cast
from uuid import UUID

from sqlalchemy import and_, bindparam, func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import load_only

from stemset.concurrency.batching import Batcher
from stemset.database.sessions import Sessions
from stemset.database.tables import EventRow, JobRow, RecordingRow
from stemset.errors import ConfigError, NotFound, StemsetError, Unavailable
from stemset.features.jobs import transitions
from stemset.features.jobs.estimates import LAST_RUNS, expecting, measured_paces
from stemset.features.jobs.messages import MAX_PAYLOAD_BYTES, JobPayload
from stemset.features.jobs.records import JobRecord, JobState, JobStatus, Plan, new_id, new_nonce
from stemset.features.jobs.repository import ACTIVE, WITH_PLACES, job_of, placed

_KNOWN = (
    select(
        RecordingRow,
        select(func.count()).where(JobRow.state == JobState.QUEUED.value).scalar_subquery(),
        JobRow,
    )
    .options(load_only(RecordingRow.profile, RecordingRow.duration_s, RecordingRow.source_key, raiseload=True))
    .outerjoin(
        JobRow,
        and_(JobRow.recording_id == RecordingRow.id, JobRow.state.in_([*ACTIVE, JobState.SUCCEEDED.value])),
    )
    .where(RecordingRow.id.in_(bindparam("recordings", expanding=True)))
    .order_by(JobRow.created_at.desc(), JobRow.id.desc())
)
"""As `_Found` explains it. Made once: making it anew for each call was a fifth of a submit's time."""

# Losing the race this often in a row means that something else is wrong.
_MAX_RACES = 50


@dataclass(frozen=True)
class NewJob:
    """What is asked for; `JobService.create_job` explains it."""

    recording_id: UUID
    plan_for: Callable[[str], Plan]
    force: bool = False
    dispatch_ref: str | None = None


@dataclass
class _Found:
    """What the database has. jobs: of these recordings, newest first, but for failed ones. waiting: how many jobs are
    queued in all."""

    songs: dict[UUID, RecordingRow] = field(default_factory=dict)
    jobs: dict[UUID, list[JobRecord]] = field(default_factory=dict)
    waiting: int = 0


class Intake:
    """One per process."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._together = Batcher(self._take)
        self._paces: Mapping[str, float] | None = None
        """Of models, as last read; None after a job that may have changed them."""

    async def take(self, wanted: NewJob) -> JobRecord:
        """The new job, or the one that is there. Raises NotFound, ConfigError, Unavailable as `create_job` does."""
        answer = await self._together.ask(wanted)
        if isinstance(answer, StemsetError):
            raise answer
        return answer

    def forget_paces(self) -> None:
        """A job has ended; the next one is estimated by it, too."""
        self._paces = None

    async def _take(self, wanted: Sequence[NewJob]) -> Sequence[JobRecord | StemsetError]:
        for _ in range(_MAX_RACES):
            try:
                return await self._store(wanted)
            except IntegrityError:
                # Another process has just made one of them, or deleted a recording: look again.
                continue
        return [Unavailable("Jobs are being made too fast for this one to be made; try again.") for _ in wanted]

    async def _store(self, wanted: Sequence[NewJob]) -> list[JobRecord | StemsetError]:
        found = await self._look({asked.recording_id for asked in wanted})
        paces = await self._measured_paces()
        now = datetime.now(UTC)
        answers: list[JobRecord | StemsetError] = []
        fresh: list[JobRecord] = []
        for asked in wanted:
            song = found.songs.get(asked.recording_id)
            if song is None:
                answers.append(NotFound("recording", str(asked.recording_id)))
                continue
            plan = asked.plan_for(song.profile)
            jobs = found.jobs.setdefault(song.id, [])
            answer = _existing(plan, [job for job in jobs if job.strategy == plan.strategy], force=asked.force)
            if answer is None:
                answer = _new_job(asked, plan, song, paces, now, place=found.waiting + len(fresh) + 1)
                if isinstance(answer, JobRecord):
                    jobs.insert(0, answer)
                    fresh.append(answer)
            answers.append(answer)
        if fresh:
            await self._insert(fresh)
        return await self._placed(answers)

    async def _look(self, recording_ids: Collection[UUID]) -> _Found:
        found = _Found()
        async with self._sessions() as session:
            rows = (await session.execute(_KNOWN, {"recordings": list(recording_ids)})).all()
            for song, queued, job in cast("Sequence[tuple[RecordingRow, int, JobRow | None]]", rows):
                found.songs[song.id] = song
                found.waiting = queued
                if job is not None:
                    found.jobs.setdefault(song.id, []).append(job_of(job))
        return found

    async def _insert(self, fresh: Sequence[JobRecord]) -> None:
        """Raises IntegrityError and stores nothing where a job or a recording isn't what it was any more."""
        async with self._sessions.begin() as session:
            # Not by the session itself, whose insert takes longer for the same rows.
            connection = await session.connection()
            await connection.execute(insert(JobRow), [_job_values(job) for job in fresh])
            await connection.execute(insert(EventRow), [_event_values(job) for job in fresh])

    async def _placed(self, answers: Sequence[JobRecord | StemsetError]) -> list[JobRecord | StemsetError]:
        """Those that were there before, too, with their places in the queue."""
        jobs = [answer for answer in answers if isinstance(answer, JobRecord)]
        unplaced = {job.id for job in jobs if job.state is JobState.QUEUED and job.queue_position is None}
        if not unplaced:
            return list(answers)
        async with self._sessions() as session:
            now = {job.id: job for job in await placed(session, WITH_PLACES.where(JobRow.id.in_(unplaced)))}
        return [now.get(answer.id, answer) if isinstance(answer, JobRecord) else answer for answer in answers]

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


def _existing(plan: Plan, jobs: Sequence[JobRecord], *, force: bool) -> JobRecord | None:
    """Of the strategy's jobs, the one that already does what is asked for; with force only one that isn't done yet."""
    done = None if force else next((job for job in jobs if job.has_done(plan)), None)
    return done or next((job for job in jobs if not job.state.final), None)


def _new_job(
    asked: NewJob, plan: Plan, song: RecordingRow, paces: Mapping[str, float], now: datetime, *, place: int
) -> JobRecord | ConfigError:
    job = JobRecord(
        id=new_id(),
        recording_id=song.id,
        profile=song.profile,
        strategy=plan.strategy,
        tree=plan.tree,
        nodes=expecting(plan.nodes, song.duration_s, paces),
        expected_stems=plan.expected_stems,
        options=plan.options,
        attempt=1,
        cancel_requested=False,
        dispatch_ref=asked.dispatch_ref,
        nonce=new_nonce(),
        last_event=1,
        created_at=now,
        queue_position=place,
    )
    if len(JobPayload.of(job, song.source_key).model_dump_json()) > MAX_PAYLOAD_BYTES:
        return ConfigError(f"strategies.{plan.strategy}", f"its tree is larger than {MAX_PAYLOAD_BYTES} bytes")
    return job


def _job_values(job: JobRecord) -> dict[str, object]:
    return {
        "id": job.id,
        "recording_id": job.recording_id,
        "profile": job.profile,
        "strategy": job.strategy,
        "tree": job.tree,
        "expected_stems": list(job.expected_stems),
        "options": job.options.model_dump(mode="json"),
        "state": job.state.value,
        "status": transitions.status_of(job).model_dump(mode="json"),
        "attempt": job.attempt,
        "requeues": job.requeues,
        "cancel_requested": job.cancel_requested,
        "dispatch_ref": job.dispatch_ref,
        "nonce": job.nonce,
        "last_event": job.last_event,
        "created_at": job.created_at,
        "updated_at": job.created_at,
        "queued_at": job.created_at,
    }


def _event_values(job: JobRecord) -> dict[str, object]:
    return {
        "job_id": job.id,
        "number": job.last_event,
        "type": "created",
        "message_id": None,
        "status": transitions.status_of(job).model_dump(mode="json"),
        "at": job.created_at,
    }
