"""New jobs. All that are asked for at once are stored in one transaction: a hundred cost little more than one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import and_, insert, select
from sqlalchemy.exc import IntegrityError

from stemset.errors import ConfigError, NotFound, StemsetError, Unavailable
from stemset.jobs import transitions
from stemset.jobs.estimates import LAST_RUNS, expecting, measured_paces
from stemset.jobs.messages import MAX_PAYLOAD_BYTES, JobPayload
from stemset.jobs.records import JobRecord, JobState, JobStatus, NodeStatus, RunOptions, new_id, new_nonce
from stemset.jobs.rows import ACTIVE, job_of, with_positions
from stemset.jobs.sessions import Sessions
from stemset.jobs.tables import EventRow, JobRow, RecordingRow
from stemset.jobs.together import Together

# Losing the race this often in a row means that something else is wrong.
_MAX_RACES = 50


@dataclass(frozen=True)
class NewJob:
    """What is asked for; `JobService.create_job` explains it."""

    recording_id: UUID
    strategy: str
    tree: dict[str, JsonValue]
    nodes: tuple[NodeStatus, ...]
    expected_stems: tuple[str, ...]
    options: RunOptions
    force: bool = False
    dispatch_ref: str | None = None

    def done_by(self, job: JobRecord) -> bool:
        """Whether a job of this strategy has made just what is asked for."""
        same = job.tree == self.tree and job.options.bit_depth == self.options.bit_depth
        return job.state is JobState.SUCCEEDED and same


class Intake:
    """One per process."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._together = Together(self._take)
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
        recordings, there = await self._look(wanted)
        paces = await self._measured_paces()
        now = datetime.now(UTC)
        answers: list[JobRecord | StemsetError] = []
        fresh: list[JobRecord] = []
        for asked in wanted:
            recording = recordings.get(asked.recording_id)
            if recording is None:
                answers.append(NotFound("recording", str(asked.recording_id)))
                continue
            others = there.setdefault((asked.recording_id, asked.strategy), [])
            answer = _existing(asked, others)
            if answer is None:
                answer = _new_job(asked, recording, paces, now)
                if isinstance(answer, JobRecord):
                    others.insert(0, answer)
                    fresh.append(answer)
            answers.append(answer)
        return await self._commit(fresh, answers)

    async def _look(
        self, wanted: Sequence[NewJob]
    ) -> tuple[dict[UUID, RecordingRow], dict[tuple[UUID, str], list[JobRecord]]]:
        """The recordings; and their jobs of the strategies that are asked for, newest first, but for failed ones."""
        asked_for = and_(
            JobRow.recording_id == RecordingRow.id,
            JobRow.strategy.in_({asked.strategy for asked in wanted}),
            JobRow.state.in_([*ACTIVE, JobState.SUCCEEDED.value]),
        )
        known = (
            select(RecordingRow, JobRow)
            .outerjoin(JobRow, asked_for)
            .where(RecordingRow.id.in_({asked.recording_id for asked in wanted}))
            .order_by(JobRow.created_at.desc(), JobRow.id.desc())
        )
        recordings: dict[UUID, RecordingRow] = {}
        there: dict[tuple[UUID, str], list[JobRecord]] = {}
        async with self._sessions() as session:
            rows = (await session.execute(known)).all()
            for recording, job in cast("Sequence[tuple[RecordingRow, JobRow | None]]", rows):
                recordings[recording.id] = recording
                if job is not None:
                    there.setdefault((job.recording_id, job.strategy), []).append(job_of(job))
        return recordings, there

    async def _commit(
        self, fresh: Sequence[JobRecord], answers: Sequence[JobRecord | StemsetError]
    ) -> list[JobRecord | StemsetError]:
        """Store the fresh ones; the answers with their places in the queue. Raises IntegrityError and stores nothing
        where a job or a recording isn't what it was any more."""
        jobs = {answer.id: answer for answer in answers if isinstance(answer, JobRecord)}
        async with self._sessions.begin() as session:
            if fresh:
                await session.execute(insert(JobRow), [_job_values(job) for job in fresh])
                await session.execute(insert(EventRow), [_event_values(job) for job in fresh])
            placed = {job.id: job for job in await with_positions(session, list(jobs.values()))}
        return [placed[answer.id] if isinstance(answer, JobRecord) else answer for answer in answers]

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


def _existing(asked: NewJob, others: Sequence[JobRecord]) -> JobRecord | None:
    """The job that already does what is asked for; with force only one that isn't done yet."""
    done = None if asked.force else next((job for job in others if asked.done_by(job)), None)
    return done or next((job for job in others if not job.state.final), None)


def _new_job(
    asked: NewJob, recording: RecordingRow, paces: Mapping[str, float], now: datetime
) -> JobRecord | ConfigError:
    job = JobRecord(
        id=new_id(),
        recording_id=asked.recording_id,
        profile=recording.profile,
        strategy=asked.strategy,
        tree=asked.tree,
        nodes=expecting(asked.nodes, recording.duration_s, paces),
        expected_stems=asked.expected_stems,
        options=asked.options,
        attempt=1,
        cancel_requested=False,
        dispatch_ref=asked.dispatch_ref,
        nonce=new_nonce(),
        last_event=1,
        created_at=now,
    )
    if len(JobPayload.of(job, recording.source_key).model_dump_json()) > MAX_PAYLOAD_BYTES:
        return ConfigError(f"strategies.{asked.strategy}", f"its tree is larger than {MAX_PAYLOAD_BYTES} bytes")
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
